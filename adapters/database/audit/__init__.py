"""Audit trails of the orders and of the installation."""
