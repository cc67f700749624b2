"""Commands of scheduling."""
