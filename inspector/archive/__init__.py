"""From bytes to blobs to images; every decision about whether input can be trusted sits here."""
