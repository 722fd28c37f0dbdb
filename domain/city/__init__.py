"""The city platform's messages, translated to and from the words used here."""
