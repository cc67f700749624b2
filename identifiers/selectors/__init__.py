"""Questions about identifiers."""
