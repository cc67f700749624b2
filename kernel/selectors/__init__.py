"""The questions that every floor shares."""
