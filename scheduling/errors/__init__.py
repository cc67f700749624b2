"""What can go wrong with lines, selections and dispatch."""
