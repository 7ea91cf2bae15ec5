"""Image Inspector: see what is inside a container image archive, and re-save it OCI compliant."""

__version__ = "0.1.0"
