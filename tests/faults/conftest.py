"""Fixtures: a running system whose processes the tests kill and stop, and orders in it."""

from collections.abc import AsyncIterator

import pytest

from cli.rehearse.stack import RehearsalStack, stage
from tests.stage import Lives, lives_on


@pytest.fixture(scope="module")
async def own_stage() -> AsyncIterator[RehearsalStack]:
    """A running system for one test file, whose processes the tests kill and stop."""
    async with stage() as ready:
        yield ready


@pytest.fixture
def fragile_lives(own_stage: RehearsalStack) -> Lives:
    return lives_on(own_stage)
