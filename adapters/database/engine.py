"""The connection pool, and transactions on it.

The server limits every statement; connecting and waiting for a free connection have limits too.
Nothing is retried here: a broken connection surfaces as `sqlalchemy.exc.OperationalError`, the pool discards
it, and the caller (an activity, a request) repeats the whole transaction, which the repositories allow.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import func, make_url, select, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from adapters.database.encryption import Keyring
from adapters.settings.settings import UnusableSetting

CONNECT_SECONDS = 5
CHECKOUT_SECONDS = 30.0
STATEMENT_SECONDS = 15.0

Session = AsyncSession


def driver_url(url: str) -> URL:
    """Convert `postgresql://…` or `postgres://…` (also with `?host=/socket/folder`) to a URL that names psycopg 3.

    Raises UnusableSetting.
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.partition("+")[0] not in {"postgresql", "postgres"}:
        raise UnusableSetting("DATABASE_URL：须以 postgresql:// 开头")
    try:
        return make_url(f"postgresql+psycopg://{rest}")
    except (ArgumentError, ValueError):
        raise UnusableSetting("DATABASE_URL：无法识别") from None


def connect_args(statement_seconds: float) -> dict[str, Any]:
    """Connection arguments for psycopg: limits, and UTC so that moments come back as they were stored."""
    milliseconds = round(statement_seconds * 1000)
    return {
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "jiesu",
        # The server enforces statement limits; these notice when the server itself is gone.
        "tcp_user_timeout": milliseconds + 5000,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "options": f"-c statement_timeout={milliseconds} -c timezone=UTC"
        f" -c idle_in_transaction_session_timeout={2 * milliseconds}",
    }


class Database:
    """A pool of at most `pool_size` connections, and the keyring for encrypted columns."""

    def __init__(
        self,
        url: str,
        keyring: Keyring,
        *,
        pool_size: int = 10,
        statement_seconds: float = STATEMENT_SECONDS,
    ) -> None:
        self.keyring = keyring
        self._engine = create_async_engine(
            driver_url(url),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=CHECKOUT_SECONDS,
            pool_pre_ping=True,
            hide_parameters=True,  # error texts reach logs and Temporal; names and numbers must not
            connect_args=connect_args(statement_seconds),
        )
        self._new_session = async_sessionmaker(self._engine, expire_on_commit=False)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """A session for reading; raises `TimeoutError` if no connection is free within `CHECKOUT_SECONDS`."""
        async with self._new_session() as session:
            yield session

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Session]:
        """A transaction: durable when the block ends, undone when it raises."""
        async with self._new_session.begin() as session:
            yield session

    @asynccontextmanager
    async def alone(self, what: str) -> AsyncIterator[bool]:
        """Try to take an advisory lock until the block ends; yields whether this process has it.

        The lock uses one connection of the pool; it is released when the process dies.
        """
        key = func.hashtextextended(what, 0)
        async with self._engine.connect() as connection:
            # Autocommit, because the server would end an idle transaction.
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            mine = bool(await connection.scalar(select(func.pg_try_advisory_lock(key))))
            try:
                yield mine
            finally:
                if mine:
                    await connection.execute(select(func.pg_advisory_unlock(key)))

    async def ping(self) -> None:
        """Raises `sqlalchemy.exc.OperationalError` or `TimeoutError` unless the server answers."""
        async with self.session() as session:
            await session.execute(text("SELECT 1"))

    async def dispose(self) -> None:
        """Close every connection. Call it once nothing else is under way."""
        await self._engine.dispose()
