"""What a file of a layer looks like inside: text, bytes, pictures, certificates, archives."""
