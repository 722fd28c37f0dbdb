"""Moves records back by whole days, with matching hashes."""

from datetime import date, datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from adapters.database.audit.anchors import GRACE
from domain.access.act_chain import act_hash
from domain.access.acts import Act
from domain.calendar.business_calendar import CST
from domain.order.audit_chain import GENESIS
from tests.postgres import as_owner


def aged(url: str, *, days: int) -> None:
    """Move all records back, as if they had been written `days` days before `today`."""
    back = timedelta(days=days) + (datetime.now(CST).date() - today())
    with forger(url) as connection:
        connection.execute("UPDATE audit_trail SET recorded_at = recorded_at - %s", [back])
        connection.execute("UPDATE acts SET at = at - %s", [back])
        rechained(connection)


def today() -> date:
    """The current day; yesterday while records of it may still be written."""
    return (datetime.now(CST) - GRACE).date()


def forger(url: str) -> psycopg.Connection[dict[str, Any]]:
    """A connection as the database's owner, without triggers."""
    connection = psycopg.connect(as_owner(url), row_factory=dict_row)
    connection.execute("SET session_replication_role = replica")
    return connection


def rechained(connection: psycopg.Connection[dict[str, Any]], first: int = 1) -> None:
    """Recompute the hash of every act from a position on."""
    before = connection.execute("SELECT hash FROM acts WHERE position = %s", [first - 1]).fetchone()
    previous = before["hash"] if before else GENESIS
    for row in connection.execute("SELECT * FROM acts WHERE position >= %s ORDER BY position", [first]).fetchall():
        act = Act.model_construct(**{name: row[name] for name in Act.model_fields})
        digest = act_hash(row["position"], row["at"], act, previous)
        connection.execute(
            "UPDATE acts SET previous_hash = %s, hash = %s, data = %s WHERE position = %s",
            [previous, digest, Jsonb(row["data"]), row["position"]],
        )
        previous = digest
