"""The outside world's formats, read into the floor's own words."""
