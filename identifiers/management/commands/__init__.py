"""Commands of identifiers."""
