"""Acts on supply."""
