"""The Temporal client: connection, payload encryption, and the end of a process that used it."""
