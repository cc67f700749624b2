"""Folders of supply on disk."""
