"""Fixtures: faults of the provider, which end with the test."""

from collections.abc import Callable, Iterator

import pytest

from tests.telephone.exchange import Exchange


@pytest.fixture
def faults(exchange: Exchange) -> Iterator[Callable[..., None]]:
    """A function that sets the provider's faults."""
    yield exchange.faults
    exchange.faults()
