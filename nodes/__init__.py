"""The node in the nation: who its peers are, what it sends them, what it received, and the proof of both."""
