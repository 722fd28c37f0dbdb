"""Routes about accounts and signing in."""
