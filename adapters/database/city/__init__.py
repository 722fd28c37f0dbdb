"""The city platform's messages and order numbers."""
