"""Questions about the market."""
