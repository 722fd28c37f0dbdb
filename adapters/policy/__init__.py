"""Reading `policies.yaml`, and the national calendar."""
