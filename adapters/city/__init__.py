"""The HTTP interface of the city platform."""
