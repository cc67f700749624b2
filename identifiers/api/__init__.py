"""Addresses of identifiers."""
