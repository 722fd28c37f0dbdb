"""Time: working days, durations, and the arithmetic of limits."""
