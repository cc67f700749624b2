"""One-millisecond circles and the indicators of a metropolitan area."""
