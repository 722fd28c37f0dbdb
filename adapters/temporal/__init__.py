"""The Temporal client: connection, payload encryption, schedules."""
