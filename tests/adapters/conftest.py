"""Fixtures for adapters: the folder of an installation, and an archived order in it."""

from pathlib import Path

import pytest

from adapters.database.engine import Database
from adapters.settings.settings import Settings
from tests.adapters.said_of_people import archive


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.model_validate({"JIESU_DATA": tmp_path})


@pytest.fixture
async def archived(database: Database, settings: Settings) -> None:
    await archive(database, settings)
