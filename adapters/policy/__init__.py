"""Reads `policies.yaml` and the national calendar."""
