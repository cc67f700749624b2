"""Identifier management (system D, the supervision's): apply, issue, resolve, suspend, retire."""
