"""Questions about what is monitored."""
