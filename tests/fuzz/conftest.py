"""Fixtures for fuzzing: the running API."""

import pytest
from schemathesis.pytest.plugin import SchemathesisFunction

from tests.api.conftest import caller, installation

__all__ = ["caller", "installation"]


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give each operation a unique id: schemathesis distinguishes them by name only, pytest's workers by id."""
    if isinstance(item, SchemathesisFunction) and item.id.params is None:
        item._id = item.id.with_params(item.operation_label)
