"""Migrates a database to the schema of this version.

Any number of processes may do it at once: an advisory lock lets one migrate while the others wait; they
then find nothing to do. A failed migration leaves the schema unchanged.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import errors, sql
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.pool import NullPool

from adapters.database.audit.acts import write
from adapters.database.engine import connect_args, driver_url
from adapters.database.roles.granting import NO_OWNER, CannotGrant, grant
from adapters.settings.settings import ROOT
from domain.access.acts import INSTALLATION, Act, Deed
from domain.words import Role

LOCK = 0x6A696573
MIGRATION_SECONDS = 300.0
LOCAL_HOSTS = frozenset({"", "localhost", "127.0.0.1", "::1"})


def upgrade(url: str, by: str = INSTALLATION, *, serving: str | None = None) -> None:
    """Migrate to `head()` as the owner; on a local server a missing database is created.

    `by` is the person whom the audit trail names for an upgrade. `serving` is the URL of worker and API: its role is
    granted the rights that it needs, each time and in the same transaction. Without it nothing is granted.

    Raises `sqlalchemy.exc.OperationalError` if the server does not answer, or if another process holds the
    lock for longer than `MIGRATION_SECONDS`; CannotGrant if a role has too few or too many rights.
    """
    try:
        _upgrade(driver_url(url), by, None if serving is None else driver_url(serving))
    except ProgrammingError as error:
        if isinstance(error.orig, errors.InsufficientPrivilege):
            raise CannotGrant(NO_OWNER) from error
        raise


def _upgrade(target: URL, by: str, serving: URL | None) -> None:
    if _is_local(target):
        _create_if_missing(target)
    with _connection(target) as connection:
        # Held by the transaction: a second process gets the lock after the schema is finished.
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        before = MigrationContext.configure(connection).get_current_revision()
        command.upgrade(_config(connection), "head")
        if before not in (None, head()):
            data = {"from": before, "to": head()}
            write(connection, [Act(deed=Deed.DATABASE_UPGRADED, person=by, role=Role.ADMIN, data=data)])
        if serving is not None:
            grant(connection, serving)
        connection.commit()


def current(url: str) -> str | None:
    """The database's revision, or None if it was never migrated."""
    with _connection(driver_url(url)) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str:
    """The revision that this version of the program needs."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@contextmanager
def _connection(url: URL, *, autocommit: bool = False) -> Iterator[Connection]:
    engine = create_engine(url, poolclass=NullPool, connect_args=connect_args(MIGRATION_SECONDS))
    with engine.connect() as connection:
        yield connection.execution_options(isolation_level="AUTOCOMMIT") if autocommit else connection


def _is_local(url: URL) -> bool:
    host = url.host or str(url.query.get("host", ""))
    return host in LOCAL_HOSTS or host.startswith("/")


def _create_if_missing(url: URL) -> None:
    exists = text("SELECT 1 FROM pg_database WHERE datname = :name")
    with _connection(url.set(database="postgres"), autocommit=True) as connection:
        if connection.scalar(exists, {"name": url.database}) is not None:
            return
        create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(str(url.database)))
        try:
            connection.execute(text(create.as_string().replace(":", r"\:")))
        except DBAPIError:
            # Another process may have created it in the meantime; anything else is a real error.
            if connection.scalar(exists, {"name": url.database}) is None:
                raise
