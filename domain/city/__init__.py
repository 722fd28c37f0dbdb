"""Translation of the city platform's messages."""
