"""The size map: its tiles, laid out and coloured, and the same as a table."""
