"""The store of the sandbox gateway: messages and calls, in one SQLite file that survives a restart."""

import sqlite3
from dataclasses import astuple, dataclass
from pathlib import Path
from threading import Lock
from typing import Any

_LAYOUT = 2
_SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    sid TEXT PRIMARY KEY, direction TEXT NOT NULL, sender TEXT NOT NULL, receiver TEXT NOT NULL,
    body TEXT NOT NULL, callback TEXT NOT NULL, created REAL NOT NULL,
    status TEXT NOT NULL, updated REAL NOT NULL, sent REAL, error INTEGER
);
CREATE INDEX IF NOT EXISTS message_receiver ON message (receiver);
CREATE INDEX IF NOT EXISTS message_sender ON message (sender);
CREATE TABLE IF NOT EXISTS call (
    sid TEXT PRIMARY KEY, sender TEXT NOT NULL, receiver TEXT NOT NULL,
    url TEXT NOT NULL, method TEXT NOT NULL, twiml TEXT NOT NULL,
    callback TEXT NOT NULL, callback_method TEXT NOT NULL, callback_events TEXT NOT NULL, timeout REAL NOT NULL,
    created REAL NOT NULL, status TEXT NOT NULL, updated REAL NOT NULL, answered REAL, ended REAL
);
CREATE INDEX IF NOT EXISTS call_receiver ON call (receiver);
CREATE TABLE IF NOT EXISTS heard (call TEXT NOT NULL, who TEXT NOT NULL, text TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS heard_call ON heard (call);
"""


@dataclass(frozen=True)
class Message:
    """One SMS; `direction` is `outbound-api`, `outbound-reply` or `inbound`, moments are POSIX seconds."""

    sid: str
    direction: str
    sender: str
    receiver: str
    body: str
    callback: str
    created: float
    status: str
    updated: float
    sent: float | None
    error: int | None = None


@dataclass(frozen=True)
class Call:
    """One telephone call of the hotline; its document is `twiml` or comes from `url`.

    `callback_events` are separated by spaces; the call rings for `timeout` seconds.
    """

    sid: str
    sender: str
    receiver: str
    url: str
    method: str
    twiml: str
    callback: str
    callback_method: str
    callback_events: str
    timeout: float
    created: float
    status: str
    updated: float
    answered: float | None = None
    ended: float | None = None


@dataclass(frozen=True)
class Heard:
    """One line of a call; `who` is `hotline`, `person` or `problem`."""

    who: str
    text: str
    at: float


class PhoneStore:
    """Reads and writes the file; threads may share it. A file of another layout is emptied: it is only test data."""

    def __init__(self, file: Path) -> None:
        self._lock = Lock()
        self._connection = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        # No fsync per commit: data survives a killed process, but a power cut may lose the last second.
        self._connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;")
        if self._connection.execute("PRAGMA user_version").fetchone()[0] != _LAYOUT:
            self._connection.executescript(
                "DROP TABLE IF EXISTS message; DROP TABLE IF EXISTS call; DROP TABLE IF EXISTS heard;"
                f"PRAGMA user_version={_LAYOUT};"
            )
        self._connection.executescript(_SCHEMA)

    def add(self, item: Message | Call) -> None:
        """Store a new message or call."""
        values = astuple(item)
        places = ", ".join("?" * len(values))
        table = type(item).__name__.lower()
        self._execute(f"INSERT INTO {table} VALUES ({places})", *values)  # noqa: S608 (names of classes)

    def message_status(self, sid: str, status: str, at: float, error: int | None = None) -> None:
        """Set the status of a message; from `sent` on it has a sending time, unless it failed before."""
        self._execute(
            "UPDATE message SET status = ?, updated = ?, sent = coalesce(sent, ?), error = ? WHERE sid = ?",
            *(status, at, None if status == "failed" else at, error, sid),
        )

    def call_status(self, call: Call) -> None:
        """Store the current state of a call."""
        self._execute(
            "UPDATE call SET status = ?, updated = ?, answered = ?, ended = ? WHERE sid = ?",
            *(call.status, call.updated, call.answered, call.ended, call.sid),
        )

    def hear(self, call_sid: str, line: Heard) -> None:
        """Store a line of a call's transcript."""
        self._execute("INSERT INTO heard VALUES (?, ?, ?, ?)", call_sid, *astuple(line))

    def heard(self, call_sid: str) -> list[Heard]:
        """The transcript of a call, oldest first."""
        rows = self._execute("SELECT who, text, at FROM heard WHERE call = ? ORDER BY rowid", call_sid)
        return [Heard(*row) for row in rows]

    def message(self, sid: str) -> Message | None:
        """One message."""
        rows = self._execute("SELECT * FROM message WHERE sid = ?", sid)
        return Message(*rows[0]) if rows else None

    def call(self, sid: str) -> Call | None:
        """One call."""
        rows = self._execute("SELECT * FROM call WHERE sid = ?", sid)
        return Call(*rows[0]) if rows else None

    def messages(
        self,
        *,
        receiver: str | None = None,
        sender: str | None = None,
        since: float = 0.0,
        before: float = float("inf"),
        after_sid: str | None = None,
        limit: int = 1000,
    ) -> list[Message]:
        """Messages, newest first, that are older than `after_sid`.

        With `since` or `before` only messages sent in [since, before), which leaves out unsent ones.
        """
        rows = self._execute(
            "SELECT * FROM message WHERE (?1 IS NULL OR receiver = ?1) AND (?2 IS NULL OR sender = ?2)"
            " AND ((?3 = 0.0 AND ?4 = 9e999) OR (sent >= ?3 AND sent < ?4))"
            " AND (?5 IS NULL OR rowid < (SELECT rowid FROM message WHERE sid = ?5)) ORDER BY rowid DESC LIMIT ?6",
            *(receiver, sender, since, before, after_sid, limit),
        )
        return [Message(*row) for row in rows]

    def calls(
        self,
        *,
        receiver: str | None = None,
        sender: str | None = None,
        status: str | None = None,
        after_sid: str | None = None,
        limit: int = 1000,
    ) -> list[Call]:
        """Calls, newest first, that are older than `after_sid`."""
        rows = self._execute(
            "SELECT * FROM call WHERE (?1 IS NULL OR receiver = ?1) AND (?2 IS NULL OR sender = ?2)"
            " AND (?3 IS NULL OR status = ?3)"
            " AND (?4 IS NULL OR rowid < (SELECT rowid FROM call WHERE sid = ?4)) ORDER BY rowid DESC LIMIT ?5",
            *(receiver, sender, status, after_sid, limit),
        )
        return [Call(*row) for row in rows]

    def undelivered(self) -> list[Message]:
        """Messages whose delivery a stop of the gateway interrupted, oldest first."""
        rows = self._execute("SELECT * FROM message WHERE status IN ('queued', 'sent') ORDER BY rowid")
        return [Message(*row) for row in rows]

    def cut_off(self) -> list[Call]:
        """Calls that a stop of the gateway interrupted, oldest first."""
        rows = self._execute("SELECT * FROM call WHERE status IN ('queued', 'ringing', 'in-progress') ORDER BY rowid")
        return [Call(*row) for row in rows]

    def conversation(self, number: str, limit: int, offset: int) -> list[Message | Call]:
        """Messages and calls of a telephone: the latest `limit` after skipping `offset`, oldest first."""
        found = self._execute(
            "SELECT sid, created, rowid FROM message WHERE receiver = ?1 OR sender = ?1"
            " UNION ALL SELECT sid, created, rowid FROM call WHERE receiver = ?1"
            " ORDER BY created DESC, rowid DESC LIMIT ?2 OFFSET ?3",
            *(number, limit, offset),
        )
        items = (self.call(sid) if sid.startswith("CA") else self.message(sid) for sid, _, _ in reversed(found))
        return [item for item in items if item]

    def numbers(self) -> list[tuple[str, int, float]]:
        """Each telephone with the count of its messages and calls and the latest time, latest first."""
        return self._execute(
            "SELECT number, count(*), max(created) FROM ("
            " SELECT iif(direction = 'inbound', sender, receiver) AS number, created FROM message"
            " UNION ALL SELECT receiver, created FROM call) GROUP BY number ORDER BY 3 DESC LIMIT 1000"
        )

    def _execute(self, statement: str, *values: object) -> list[Any]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()
