"""Use cases of the installation's audit trail."""
