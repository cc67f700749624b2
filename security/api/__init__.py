"""Addresses of security."""
