"""A stage whose processes are going to be mistreated, and orders on it."""

from collections.abc import AsyncIterator

import pytest

from cli.rehearse.stack import Stage, stage
from tests.stage import Lives, lives_on


@pytest.fixture(scope="module")
async def own_stage() -> AsyncIterator[Stage]:
    """A stage of this file's own: its processes are going to be mistreated."""
    async with stage() as ready:
        yield ready


@pytest.fixture
def fragile_lives(own_stage: Stage) -> Lives:
    return lives_on(own_stage)
