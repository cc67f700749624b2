"""The federation's rules in plain Python: roles, prefixes, signatures, messages, streams, manifests."""
