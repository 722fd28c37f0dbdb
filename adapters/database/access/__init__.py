"""Confidential orders, and the record of who read personal data."""
