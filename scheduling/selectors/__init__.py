"""Questions about lines, supply and selections."""
