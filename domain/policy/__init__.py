"""The rule book of a county: the schema of `policies.yaml`, one file for each chapter."""
