"""Rules that an archive keeps or breaks, and what each loader makes of it. Nothing here writes."""
