"""Addresses of the federation."""
