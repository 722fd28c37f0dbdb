"""Texts and calls through Twilio, or through whatever speaks its HTTP interface."""
