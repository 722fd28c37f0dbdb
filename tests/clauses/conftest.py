"""Fixtures for clauses about channels and access: the running system over HTTP."""

from tests.api.conftest import caller, installation

__all__ = ["caller", "installation"]
