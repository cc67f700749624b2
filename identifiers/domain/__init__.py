"""Pure rules of identifiers."""
