"""Pauses branch coverage during tests marked `repetitive`, which run the same lines thousands of times."""

from collections.abc import Iterator

import pytest
from coverage import Coverage


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Stop the trace function, which would double the time of such a test, and start it again afterwards."""
    measuring = Coverage.current() if item.get_closest_marker("repetitive") else None
    if measuring is None:
        return (yield)
    measuring.stop()
    try:
        return (yield)
    finally:
        measuring.start()
