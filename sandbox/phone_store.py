"""What the sandbox gateway remembers: messages and calls, in one SQLite file that survives a restart."""

import sqlite3
from dataclasses import astuple, dataclass
from pathlib import Path
from threading import Lock

_SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    sid TEXT PRIMARY KEY, direction TEXT NOT NULL, sender TEXT NOT NULL, receiver TEXT NOT NULL,
    body TEXT NOT NULL, callback TEXT NOT NULL, created REAL NOT NULL,
    status TEXT NOT NULL, updated REAL NOT NULL, sent REAL
);
CREATE INDEX IF NOT EXISTS message_receiver ON message (receiver, created);
CREATE TABLE IF NOT EXISTS call (
    sid TEXT PRIMARY KEY, sender TEXT NOT NULL, receiver TEXT NOT NULL,
    url TEXT NOT NULL, twiml TEXT NOT NULL, callback TEXT NOT NULL, created REAL NOT NULL,
    status TEXT NOT NULL, updated REAL NOT NULL
);
"""


@dataclass(frozen=True)
class Message:
    """One SMS; `direction` is `outbound-api` or `inbound`, moments are POSIX seconds."""

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


@dataclass(frozen=True)
class Call:
    """One telephone call that the hotline makes; what is said comes from `twiml` or from `url`."""

    sid: str
    sender: str
    receiver: str
    url: str
    twiml: str
    callback: str
    created: float
    status: str
    updated: float


class PhoneStore:
    """Reads and writes the file; threads may share it."""

    def __init__(self, file: Path) -> None:
        self._lock = Lock()
        self._connection = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._connection.executescript(f"PRAGMA journal_mode=WAL; {_SCHEMA}")

    def add(self, item: Message | Call) -> None:
        """Keep a new message or call."""
        values = astuple(item)
        places = ", ".join("?" * len(values))
        table = type(item).__name__.lower()
        self._execute(f"INSERT INTO {table} VALUES ({places})", *values)  # noqa: S608 (names of classes)

    def message_status(self, sid: str, status: str, at: float) -> None:
        """Move a message on; the first `sent` sets its moment of sending."""
        self._execute(
            "UPDATE message SET status = ?, updated = ?, sent = coalesce(sent, ?) WHERE sid = ?",
            *(status, at, at, sid),
        )

    def call_status(self, sid: str, status: str, at: float) -> None:
        """Move a call on."""
        self._execute("UPDATE call SET status = ?, updated = ? WHERE sid = ?", status, at, sid)

    def message(self, sid: str) -> Message | None:
        """One message."""
        return next((Message(*row) for row in self._execute("SELECT * FROM message WHERE sid = ?", sid)), None)

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
        offset: int = 0,
        limit: int = 1000,
    ) -> list[Message]:
        """Messages created in [since, before), newest first."""
        rows = self._execute(
            "SELECT * FROM message WHERE (?1 IS NULL OR receiver = ?1) AND (?2 IS NULL OR sender = ?2)"
            " AND created >= ?3 AND created < ?4 ORDER BY created DESC, rowid DESC LIMIT ?5 OFFSET ?6",
            *(receiver, sender, since, before, limit, offset),
        )
        return [Message(*row) for row in rows]

    def unfinished(self) -> list[Message]:
        """Messages whose delivery a stop of the gateway interrupted, oldest first."""
        rows = self._execute("SELECT * FROM message WHERE status IN ('queued', 'sent') ORDER BY created")
        return [Message(*row) for row in rows]

    def calls(self, receiver: str) -> list[Call]:
        """Calls to a number, newest first."""
        rows = self._execute("SELECT * FROM call WHERE receiver = ? ORDER BY created DESC LIMIT 1000", receiver)
        return [Call(*row) for row in rows]

    def conversation(self, number: str) -> list[Message]:
        """What a telephone received and sent, newest first."""
        rows = self._execute(
            "SELECT * FROM message WHERE ?1 IN (receiver, sender) ORDER BY created DESC, rowid DESC",
            number,
        )
        return [Message(*row) for row in rows]

    def numbers(self) -> list[tuple[str, int, float]]:
        """Each telephone with its number of messages and calls and the latest moment, latest first."""
        return self._execute(
            "SELECT number, count(*), max(created) FROM ("
            " SELECT iif(direction = 'inbound', sender, receiver) AS number, created FROM message"
            " UNION ALL SELECT receiver, created FROM call) GROUP BY number ORDER BY 3 DESC LIMIT 1000"
        )

    def _execute(self, statement: str, *values: object) -> list[tuple]:  # type: ignore[type-arg]
        with self._lock:
            return self._connection.execute(statement, values).fetchall()
