"""Rules of aggregation, free of Django, clock and I/O."""
