"""The pure core: no I/O, no clock, no chance; time is a parameter."""
