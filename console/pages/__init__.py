"""One page a module: what it asks the floors below, and the words it says."""
