"""The running API, for those who throw things at it."""

from tests.api.conftest import caller, installation

__all__ = ["caller", "installation"]
