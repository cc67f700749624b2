"""Questions about security."""
