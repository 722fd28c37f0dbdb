"""The Temporal workflows: the durable shell around the core."""
