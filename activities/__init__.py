"""The Temporal activities: what the workflows have done outside."""
