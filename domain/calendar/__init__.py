"""Time: working days, lengths of time, and when a limit ends."""
