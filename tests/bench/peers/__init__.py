"""The software that we are measured against, installed into an environment of its own and fed the same rows."""
