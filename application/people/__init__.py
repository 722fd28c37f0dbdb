"""Use cases of accounts: signing in, and identifying the bearer of a token."""
