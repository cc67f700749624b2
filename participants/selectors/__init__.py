"""Questions of who takes part."""
