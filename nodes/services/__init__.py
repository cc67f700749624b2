"""Acts between nodes."""
