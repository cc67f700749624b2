"""The acts that every floor shares."""
