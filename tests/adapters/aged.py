"""Yesterday, for tests: what is on record is moved back by whole days, with hashes that fit."""

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
    """Move everything back, as if it had been written so many days before `today`."""
    back = timedelta(days=days) + (datetime.now(CST).date() - today())
    with forger(url) as connection:
        connection.execute("UPDATE audit_trail SET recorded_at = recorded_at - %s", [back])
        connection.execute("UPDATE acts SET at = at - %s", [back])
        rechained(connection)


def today() -> date:
    """The day that is not over yet; yesterday, as long as something of it may still be written."""
    return (datetime.now(CST) - GRACE).date()


def forger(url: str) -> psycopg.Connection[dict[str, Any]]:
    """The database as its owner may change it, behind the back of its triggers."""
    connection = psycopg.connect(as_owner(url), row_factory=dict_row)
    connection.execute("SET session_replication_role = replica")
    return connection


def rechained(connection: psycopg.Connection[dict[str, Any]], first: int = 1) -> None:
    """Give every act from a position on the hash that fits what stands there."""
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
