"""Acts of who takes part."""
