"""A real PostgreSQL for the whole test run, and a migrated database of its own for whoever asks.

Migrations run once, into a template; a database is then a copy of that, which takes milliseconds. Its address is that
of worker and API, whose role can do no more than they need; `as_owner` is for tests that tamper with what is there.
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
    """The same database, for who owns it."""
    served = f"postgresql://{SERVING}@"
    assert url.startswith(served), url
    return f"postgresql://{SUPERUSER}@{url.removeprefix(served)}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[LocalPostgres]:
    """The server: without fsync, in a folder that goes away with it."""
    folder = Path(tempfile.mkdtemp(prefix="jiesu-pg-"))
    try:
        with LocalPostgres.start(folder / "data", durable=False) as server:
            yield server
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def new_database_url(postgres: LocalPostgres) -> Callable[[], str]:
    """Makes a migrated, empty database and returns the URL of its worker and API. They go away with the server."""
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
    """A database of this test's own."""
    return new_database_url()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A pool on a database of this test's own."""
    database = Database(database_url, Keyring(DATA_KEY), pool_size=8)
    yield database
    await database.dispose()


@pytest.fixture(scope="module")
async def module_database(new_database_url: Callable[[], str]) -> AsyncIterator[Database]:
    """A pool on a database that the tests of one module share."""
    database = Database(new_database_url(), Keyring(DATA_KEY), pool_size=8)
    yield database
    await database.dispose()
