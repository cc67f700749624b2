"""The outside world of scheduling, a folder for each kind."""
