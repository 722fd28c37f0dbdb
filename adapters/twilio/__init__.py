"""Texts and calls through Twilio, or a gateway with the same HTTP interface."""
