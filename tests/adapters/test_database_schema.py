"""Migrations create the schema of the table classes, also if several processes start at once."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from adapters.database import migration as migrate
from adapters.database.encryption import Keyring
from adapters.database.engine import Database, driver_url
from adapters.database.tables import Table
from adapters.local.postgres import SERVING, LocalPostgres
from tests.postgres import as_owner


def test_a_missing_database_is_made_and_migrated_by_whoever_is_first(postgres: LocalPostgres) -> None:
    name = 'grown: by "many"'
    url, serving = postgres.url(name), postgres.url(name, SERVING)
    with ThreadPoolExecutor(4) as starters:
        list(starters.map(lambda each: migrate.upgrade(each, serving=serving), [url] * 4))
    assert migrate.current(url) == migrate.head() is not None


def test_a_database_that_was_never_migrated_has_no_revision(postgres: LocalPostgres) -> None:
    postgres.create_database("empty")
    assert migrate.current(postgres.url("empty")) is None


def test_the_migrated_schema_is_what_the_tables_say(database_url: str) -> None:
    engine = create_engine(driver_url(as_owner(database_url)), poolclass=NullPool)
    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        difference = compare_metadata(MigrationContext.configure(connection, opts=options), Table.metadata)
    assert difference == []


def test_every_migration_can_be_undone(database_url: str) -> None:
    from alembic import command

    owner = as_owner(database_url)
    with migrate._connection(driver_url(owner)) as connection:
        command.downgrade(migrate._config(connection), "base")
        connection.commit()
    with psycopg.connect(database_url) as connection:
        left = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relname NOT LIKE 'alembic%'"
            " UNION SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        ).fetchall()
    assert left == []
    migrate.upgrade(owner)
    assert migrate.current(owner) == migrate.head()


@pytest.mark.parametrize(
    "url", ["postgresql://u@/d?host=/tmp/s", "postgres://u@/d?host=/tmp/s", "postgresql+psycopg://u@/d?host=/tmp/s"]
)
def test_every_way_to_write_the_url_means_psycopg(url: str) -> None:
    assert driver_url(url).render_as_string() == "postgresql+psycopg://u@/d?host=%2Ftmp%2Fs"


def test_another_kind_of_url_is_refused() -> None:
    with pytest.raises(ValueError, match="postgresql://"):
        driver_url("sqlite:///jiesu.db")


async def test_ping_says_whether_the_server_answers(database: Database, tmp_path: object) -> None:
    from sqlalchemy.exc import OperationalError

    await database.ping()
    nowhere = Database(f"postgresql://postgres@/x?host={tmp_path}", Keyring("k"), pool_size=1)
    with pytest.raises(OperationalError):
        await nowhere.ping()
    await nowhere.dispose()
