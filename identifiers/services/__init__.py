"""Acts on identifiers."""
