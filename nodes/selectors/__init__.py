"""Questions about peers, streams and reports."""
