"""Acts of the market."""
