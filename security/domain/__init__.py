"""Pure rules of security."""
