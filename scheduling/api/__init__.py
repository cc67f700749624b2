"""Addresses of selection and lines."""
