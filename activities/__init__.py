"""The Temporal activities: the work outside the workflows, in the database and at other systems."""
