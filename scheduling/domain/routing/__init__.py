"""Least paths, pairs of paths and exact bounds in the networks of line providers."""
