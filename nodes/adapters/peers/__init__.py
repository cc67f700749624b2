"""Other nodes."""
