"""The hash chain of the installation's acts: which bytes are hashed.

    hash = lower-case hex of SHA-256( previous hash as ASCII hex, "\\n", canonical JSON as UTF-8 )

The canonical JSON is the object {"about", "at", "code", "data", "deed", "order_no", "outcome", "person", "position",
"regime", "request", "role", "source"}: keys sorted at every depth, no white space, non-ASCII characters unescaped,
`at` in UTC as ISO 8601 with six decimals and `+00:00`. The hash before position 1 is 64 zeros. An order's trail is
chained in the same way (`domain.order.audit_chain`).
"""

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple

from domain.access.acts import Act


class ActLink(NamedTuple):
    """An act at its place in the chain; `at` is the moment of the server that wrote it."""

    position: int
    at: datetime
    act: Act
    previous_hash: str
    hash: str

    def hashed_at(self, position: int) -> str:
        """The hash that the act must have at this position."""
        return act_hash(position, self.at, self.act, self.previous_hash)


def act_hash(position: int, at: datetime, act: Act, previous_hash: str) -> str:
    """The hash of an act at its position."""
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    text = json.dumps(
        {**fields_of(act), "at": moment, "position": position},
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
    )
    return sha256(f"{previous_hash}\n{text}".encode()).hexdigest()


def fields_of(act: Act) -> dict[str, Any]:
    """The fields of an act, including one that was read unvalidated and would not pass validation."""
    return {name: getattr(act, name) for name in Act.model_fields}
