"""The running system as people outside reach it, for the rules that speak of doors."""

from tests.api.conftest import caller, installation

__all__ = ["caller", "installation"]
