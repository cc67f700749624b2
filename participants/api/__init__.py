"""Addresses of who takes part."""
