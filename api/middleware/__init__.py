"""Middleware: checks requests before the routes, and adds headers to answers."""
