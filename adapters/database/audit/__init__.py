"""The audit trails: of each order, and of the installation."""
