"""Messages of the city platform, and its numbers of orders."""
