"""Signatures and digests behind one interface, so that a suite can be exchanged without touching a caller."""
