"""Small parts that know nothing of archives."""
