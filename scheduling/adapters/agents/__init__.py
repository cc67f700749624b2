"""Agents of compute providers, reached over HTTP."""
