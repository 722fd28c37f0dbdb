"""Use cases of accounts: signing in, and whom a bearer token speaks of."""
