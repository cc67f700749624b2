"""Pure rules of who takes part."""
