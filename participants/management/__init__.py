"""Commands of who takes part."""
