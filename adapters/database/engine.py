"""The connection pool, and transactions on it.

Every statement has a limit in the server, every connection one for being made and one for being waited for.
Nothing is retried here: a broken connection surfaces as `sqlalchemy.exc.OperationalError`, the pool forgets
it, and the caller (an activity, a request) repeats the whole transaction, which the repositories allow.

The driver runs in threads, one for each connection at most. `Session` has the names and the shapes of
SQLAlchemy's `AsyncSession`, so that repositories do not know.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Result, ScalarResult, create_engine, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session as BlockingSession
from sqlalchemy.orm import sessionmaker
from sqlalchemy.sql import Executable

from adapters.database.crypto import Keyring

CONNECT_SECONDS = 5
CHECKOUT_SECONDS = 30.0
STATEMENT_SECONDS = 15.0

T = TypeVar("T")
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None


def driver_url(url: str) -> URL:
    """`postgresql://…` and `postgres://…`, with `?host=/socket/folder` too, as a URL that names psycopg 3."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.partition("+")[0] not in {"postgresql", "postgres"}:
        raise ValueError("DATABASE_URL 须以 postgresql:// 开头")
    return make_url(f"postgresql+psycopg://{rest}")


def connect_args(statement_seconds: float) -> dict[str, Any]:
    """How psycopg connects: limits, and UTC so that moments come back as they went in."""
    milliseconds = round(statement_seconds * 1000)
    return {
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "jiesu",
        "options": f"-c statement_timeout={milliseconds} -c timezone=UTC"
        f" -c idle_in_transaction_session_timeout={2 * milliseconds}",
    }


class Session:
    """One transaction in the making. Results are complete in memory when they are handed out."""

    def __init__(self, blocking: BlockingSession, threads: ThreadPoolExecutor) -> None:
        self._blocking = blocking
        self._threads = threads

    async def execute(self, statement: Executable, parameters: Parameters = None) -> Result[Any]:
        """Run a statement, with several parameter sets if it is to run for each."""
        return await self._run(partial(self._blocking.execute, statement, parameters))

    async def scalars(self, statement: Executable) -> ScalarResult[Any]:
        """The first column of every row."""
        return (await self.execute(statement)).scalars()

    async def scalar(self, statement: Executable) -> Any:
        """The first column of the first row, or None without a row."""
        return (await self.execute(statement)).scalar()

    async def commit(self) -> None:
        """Make it durable."""
        await self._run(self._blocking.commit)

    async def close(self) -> None:
        """Give the connection back; what was not committed is undone."""
        await self._run(self._blocking.close)

    async def _run(self, work: Callable[[], T]) -> T:
        """Run off the event loop. Whoever is cancelled leaves once the connection is at rest."""
        running = asyncio.get_running_loop().run_in_executor(self._threads, work)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            while not running.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([running])
            raise


class Database:
    """A pool of at most `pool_size` connections, and the keys of what is stored encrypted."""

    def __init__(
        self,
        url: str,
        keyring: Keyring,
        *,
        pool_size: int = 10,
        statement_seconds: float = STATEMENT_SECONDS,
    ) -> None:
        self.keyring = keyring
        self._engine = create_engine(
            driver_url(url),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=CHECKOUT_SECONDS,
            pool_pre_ping=True,
            connect_args=connect_args(statement_seconds),
        )
        self._new_session = sessionmaker(self._engine, expire_on_commit=False)
        self._threads = ThreadPoolExecutor(pool_size, thread_name_prefix="database")
        # As many sessions as threads: whoever holds a connection always finds a thread to go on with.
        self._slots = asyncio.Semaphore(pool_size)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """A session for reading; raises `TimeoutError` if none is free within `CHECKOUT_SECONDS`."""
        async with asyncio.timeout(CHECKOUT_SECONDS):
            await self._slots.acquire()
        try:
            session = Session(self._new_session(), self._threads)
            try:
                yield session
            finally:
                await session.close()
        finally:
            self._slots.release()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Session]:
        """A transaction: durable when the block ends, undone when it raises."""
        async with self.session() as session:
            yield session
            await session.commit()

    async def ping(self) -> None:
        """Raises `sqlalchemy.exc.OperationalError` or `TimeoutError` unless the server answers."""
        async with self.session() as session:
            await session.execute(text("SELECT 1"))

    async def dispose(self) -> None:
        """Close every connection. Call it once nothing else is under way."""
        await asyncio.get_running_loop().run_in_executor(self._threads, self._engine.dispose)
        self._threads.shutdown(wait=True)
