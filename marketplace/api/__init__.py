"""Addresses of the market."""
