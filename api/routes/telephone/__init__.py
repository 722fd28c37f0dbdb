"""Routes about texts and calls, and the webhooks of the telephone provider."""
