"""What is inside layers; nothing here writes."""
