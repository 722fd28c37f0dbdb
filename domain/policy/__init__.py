"""The rule book of a county: the schema of `policies.yaml`, one file a chapter."""
