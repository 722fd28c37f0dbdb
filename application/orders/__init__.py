"""Use cases of an order: intake, commands, decisions, search, reading, erasure."""
