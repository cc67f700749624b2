"""Programs that run in the peers' environment, one for each peer that answers in its own process."""
