"""The name service."""
