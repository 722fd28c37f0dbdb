"""The running API, for those who throw things at it."""

import pytest
from schemathesis.pytest.plugin import SchemathesisFunction

from tests.api.conftest import caller, installation

__all__ = ["caller", "installation"]


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give each operation an id of its own: schemathesis tells them apart by name alone, but workers do by id."""
    if isinstance(item, SchemathesisFunction) and item.id.params is None:
        item._id = item.id.with_params(item.operation_label)
