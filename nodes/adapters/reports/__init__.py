"""The formats in which reports are handed over."""
