"""What templates may do beyond Django's own."""
