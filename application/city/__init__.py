"""Use cases of the exchange with the city platform."""
