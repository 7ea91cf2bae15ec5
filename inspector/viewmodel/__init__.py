"""What the window shows, without Qt: states, labels, rows, sort keys, filters."""
