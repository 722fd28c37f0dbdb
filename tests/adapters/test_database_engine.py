"""The connection pool: its limits, and the reset of returned connections."""

import asyncio

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from adapters.database.engine import Database

HALF_DONE = text("INSERT INTO city_cursors (peer, cursor) VALUES ('half', 'done')")
DONE = text("SELECT count(*) FROM city_cursors")


async def test_connections_that_the_server_cut_are_replaced(database: Database, database_url: str) -> None:
    await asyncio.gather(*(database.ping() for _ in range(20)))
    with psycopg.connect(database_url, autocommit=True) as connection:
        cut = connection.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchone()
    assert cut is not None
    assert cut[0] > 0
    await asyncio.gather(*(database.ping() for _ in range(20)))


async def test_what_raises_leaves_nothing_behind(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.begin() as session:
            await session.execute(HALF_DONE)
            raise ZeroDivisionError
    async with database.session() as session:
        assert await session.scalar(DONE) == 0


async def test_a_statement_that_takes_too_long_is_ended(database_url: str, database: Database) -> None:
    hasty = Database(database_url, database.keyring, pool_size=1, statement_seconds=0.5)
    try:
        async with hasty.session() as session:
            with pytest.raises(DatabaseError, match="statement timeout"):
                await session.execute(text("SELECT pg_sleep(20)"))
        await hasty.ping()
    finally:
        await hasty.dispose()


async def test_who_is_cancelled_gives_the_connection_back_clean(database_url: str, database: Database) -> None:
    single = Database(database_url, database.keyring, pool_size=1)

    async def interrupted() -> None:
        async with single.begin() as session:
            await session.execute(HALF_DONE)
            await session.execute(text("SELECT pg_sleep(0.3)"))

    try:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(interrupted(), 0.1)
        async with single.session() as session:
            assert await session.scalar(DONE) == 0
    finally:
        await single.dispose()
