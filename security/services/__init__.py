"""Acts of security."""
