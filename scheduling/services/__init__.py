"""The acts of scheduling."""
