"""What a selection chooses from: rows and columns of offers, their snapshot, and what changed since."""
