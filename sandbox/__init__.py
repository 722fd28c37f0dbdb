"""Stand-in peers: a telephone company and a city platform."""
