"""Who takes part (system A, first half): organisations, people, roles, certification, credentials."""
