"""Papers that leave the node for people to seal."""
