"""What goes wrong at the provider ends with the test that wanted it."""

from collections.abc import Callable, Iterator

import pytest

from tests.telephone.exchange import Exchange


@pytest.fixture
def faults(exchange: Exchange) -> Iterator[Callable[..., None]]:
    """Sets the provider's faults."""
    yield exchange.faults
    exchange.faults()
