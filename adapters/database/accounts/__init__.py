"""Accounts: users, sessions, second factors, application keys."""
