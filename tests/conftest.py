"""Fixtures for all tests."""

import os

import pytest
from hypothesis import settings

from adapters.local import temporal
from tests.inherited import neutralise

settings.register_profile("jiesu", deadline=None)  # a busy machine is not a bug
settings.load_profile("jiesu")

# Parallel test processes take ports from separate ranges, because a port is not in use as soon as it is assigned.
_ALL = temporal.FREE_PORTS
_WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
temporal.FREE_PORTS = range(_ALL.start + _WORKER, _ALL.stop, _WORKERS)

pytest_plugins = [
    "tests.sharing",
    "tests.unmeasured",
    "tests.postgres",
    "tests.stage",
    "tests.buckets",
    "tests.city.town",
    "tests.telephone.exchange",
]


@pytest.hookimpl(trylast=True)
def pytest_configure() -> None:
    """Set the inherited state to known values: after the terminal's options are read, before any child starts."""
    neutralise()
