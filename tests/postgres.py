"""Fixtures: a real PostgreSQL server for the whole test run, and new migrated databases on it.

Migrations run once, into a template; each database is a copy of it, which takes milliseconds. Its URL is for the
restricted role of worker and API; `as_owner` is for tests that tamper with data.
"""

import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from adapters.database import migration
from adapters.database.encryption import Keyring
from adapters.database.engine import Database
from adapters.local.postgres import SERVING, SUPERUSER, LocalPostgres

TEMPLATE = "migrated"
DATA_KEY = "the-data-key-of-the-tests-0123456789"


def as_owner(url: str) -> str:
    """The URL of the same database for its owner."""
    served = f"postgresql://{SERVING}@"
    assert url.startswith(served), url
    return f"postgresql://{SUPERUSER}@{url.removeprefix(served)}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[LocalPostgres]:
    """The server, without fsync, in a temporary folder."""
    folder = Path(tempfile.mkdtemp(prefix="jiesu-pg-"))
    try:
        with LocalPostgres.start(folder / "data", durable=False) as server:
            yield server
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def new_database_url(postgres: LocalPostgres) -> Callable[[], str]:
    """A function that creates a migrated, empty database and returns the URL for worker and API."""
    migration.upgrade(postgres.url(TEMPLATE), serving=postgres.url(TEMPLATE, SERVING))
    numbers = count(1)

    def make() -> str:
        name = f"test_{next(numbers)}"
        with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
            create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            connection.execute(create.format(sql.Identifier(name), sql.Identifier(TEMPLATE)))
        return postgres.url(name, SERVING)

    return make


@pytest.fixture
def database_url(new_database_url: Callable[[], str]) -> str:
    """The URL of a new database for one test."""
    return new_database_url()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A pool on a new database for one test."""
    database = Database(database_url, Keyring(DATA_KEY), pool_size=8)
    yield database
    await database.dispose()


@pytest.fixture(scope="module")
async def module_database(new_database_url: Callable[[], str]) -> AsyncIterator[Database]:
    """A pool on a new database for one test module."""
    database = Database(new_database_url(), Keyring(DATA_KEY), pool_size=8)
    yield database
    await database.dispose()
