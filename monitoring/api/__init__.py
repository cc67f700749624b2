"""Addresses of monitoring."""
