"""Saving an archive again, as a compliant OCI archive or as a classic docker-save."""
