"""The store of the simulated city platform: its orders, received messages, and the outbox."""

import json
import secrets
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Any
from uuid import NAMESPACE_URL, uuid5

_TABLES = """
CREATE TABLE IF NOT EXISTS platform (epoch TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS orders (
    city_no TEXT PRIMARY KEY, area TEXT, county_no TEXT, state TEXT NOT NULL, title TEXT NOT NULL, created REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS received (
    key TEXT PRIMARY KEY, id TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL, at REAL NOT NULL, decision TEXT
);
CREATE TABLE IF NOT EXISTS outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, body TEXT NOT NULL, state TEXT NOT NULL
);
"""


@dataclass(frozen=True)
class Order:
    """A demand with the platform's number; `county_no` is the county's, once known."""

    city_no: str
    area: str | None
    county_no: str | None
    state: str
    title: str
    created: float


@dataclass(frozen=True)
class Received:
    """A message from a county; `decision` is the platform's answer, if there is one."""

    key: str
    id: str
    kind: str
    body: Any
    at: float
    decision: str | None


@dataclass(frozen=True)
class Queued:
    """A message for a county, with its position in the outbox; `state` is the county's progress with it."""

    seq: int
    id: str
    body: dict[str, Any]
    state: str


class KeyUsed(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The message id was used for another message."""


class CityStore:
    """SQLite in a file, or in memory without one. `epoch` identifies this outbox: a cursor of another is invalid."""

    def __init__(self, file: Path | None) -> None:
        self._lock = RLock()
        self._database = sqlite3.connect(file or ":memory:", check_same_thread=False, isolation_level=None)
        self._database.executescript(_TABLES)
        if not self._rows("SELECT epoch FROM platform"):
            self._run("INSERT INTO platform VALUES (?)", secrets.token_hex(4))
        self.epoch = str(self._rows("SELECT epoch FROM platform")[0][0])

    def add_order(self, city_no: str, area: str | None, title: str) -> None:
        """Add a demand for a county, once."""
        self._run("INSERT OR IGNORE INTO orders VALUES (?, ?, NULL, '已下派', ?, ?)", city_no, area, title, time.time())

    def orders(self) -> list[Order]:
        """All orders, newest first."""
        return [Order(*row) for row in self._rows("SELECT * FROM orders ORDER BY created DESC, city_no")]

    def order(self, city_no: str) -> Order | None:
        """The order with the platform's number."""
        return next((Order(*row) for row in self._rows("SELECT * FROM orders WHERE city_no = ?", city_no)), None)

    def state(self, city_no: str, state: str) -> None:
        """Set the platform's state of an order."""
        self._run("UPDATE orders SET state = ? WHERE city_no = ?", state, city_no)

    def number(self, city_no: str, county_no: str) -> None:
        """Set the county's number of an order."""
        self._run("UPDATE orders SET county_no = ? WHERE city_no = ?", county_no, city_no)

    def receive(self, key: str, kind: str, body: Any) -> tuple[Received, bool]:
        """Store the message under its id, once; true if it is new. Raises KeyUsed."""
        # The id depends on the key alone, so a platform that has lost its data gives the same answer again.
        identity = str(uuid5(NAMESPACE_URL, f"{kind}/{key}"))
        text = json.dumps(body, ensure_ascii=False, sort_keys=True)
        with self._lock:
            kept = self._received("WHERE key = ?", key)
            if not kept:
                self._run("INSERT INTO received VALUES (?, ?, ?, ?, ?, NULL)", key, identity, kind, text, time.time())
                return self._received("WHERE key = ?", key)[0], True
        if (kept[0].kind, kept[0].body) != (kind, body):
            raise KeyUsed(key)
        return kept[0], False

    def received(self) -> list[Received]:
        """All received messages, in order of arrival."""
        return self._received("ORDER BY at, rowid")

    def decide(self, key: str, decision: str) -> None:
        """Store the platform's answer to a received message."""
        self._run("UPDATE received SET decision = ? WHERE key = ?", decision, key)

    def number_for(self, county_no: str) -> str:
        """The platform's number for an order that the county reported first; created if it has none."""
        found = self._rows("SELECT city_no FROM orders WHERE county_no = ?", county_no)
        if found:
            return str(found[0][0])
        city_no = f"SB{uuid5(NAMESPACE_URL, county_no).hex[:10].upper()}"
        self.add_order(city_no, None, f"县级上报：{county_no}")
        self.number(city_no, county_no)
        return city_no

    def queue(self, id_: str, body: dict[str, Any]) -> Queued:
        """Put a message into the outbox; an existing one is not changed."""
        text = json.dumps(body, ensure_ascii=False)
        with self._lock:
            self._run("INSERT OR IGNORE INTO outbox (id, body, state) VALUES (?, ?, '待送达')", id_, text)
            return self._queued("WHERE id = ?", id_)[0]

    def outbox(self, after: int, limit: int) -> list[Queued]:
        """Up to `limit` messages after a position."""
        return self._queued("WHERE seq > ? ORDER BY seq LIMIT ?", after, limit)

    def answered(self, id_: str, state: str) -> None:
        """Store the county's result for a message."""
        self._run("UPDATE outbox SET state = ? WHERE id = ?", state, id_)

    def _received(self, condition: str, *values: Any) -> list[Received]:
        rows = self._rows(f"SELECT key, id, kind, body, at, decision FROM received {condition}", *values)  # noqa: S608
        return [Received(key, id_, kind, json.loads(body), at, said) for key, id_, kind, body, at, said in rows]

    def _queued(self, condition: str, *values: Any) -> list[Queued]:
        rows = self._rows(f"SELECT seq, id, body, state FROM outbox {condition}", *values)  # noqa: S608
        return [Queued(seq, id_, json.loads(body), state) for seq, id_, body, state in rows]

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._lock, closing(self._database.execute(query, values)) as found:
            return found.fetchall()

    def _run(self, statement: str, *values: Any) -> None:
        with self._lock:
            self._database.execute(statement, values).close()
