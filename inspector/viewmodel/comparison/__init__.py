"""Two archives compared: which image goes with which, and in what they differ."""
