"""Thin Qt adapters over view-model rows."""
