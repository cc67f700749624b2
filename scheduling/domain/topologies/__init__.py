"""Networks as line providers and files of other systems tell them, read element by element."""
