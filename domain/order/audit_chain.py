"""The hash chain of an order's audit trail: which bytes are hashed, and how a broken chain is detected.

    hash = lower-case hex of SHA-256( previous hash as ASCII hex, "\\n", canonical JSON as UTF-8 )

The canonical JSON is the object {"actor", "at", "data", "event", "order_no", "position", "seq"}: keys sorted
at every depth, no white space, non-ASCII characters unescaped, `at` in UTC as ISO 8601 with six decimals
and `+00:00`, `seq` null for entries that are no event of the workflow, such as a refusal. The hash before position 1
is 64 zeros. These lines are enough to check an exported trail.

A `retaken` link crosses out the events before it from `from_seq` on: the worker died in the step that wrote them, so
they did not take effect; the events that did come after the link (docs/adr/0028). Crossed-out links stay in place.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

GENESIS = "0" * 64
LOCAL_TIME = ZoneInfo("Asia/Shanghai")
RETAKEN, FROM_SEQ = "retaken", "from_seq"


class Content(NamedTuple):
    """The content of a link. `seq` is that of the workflow's event, None for other entries such as a refusal."""

    seq: int | None
    at: datetime
    event: str
    actor: str
    data: dict[str, Any]

    @classmethod
    def of(cls, event: dict[str, Any]) -> "Content":
        """Parse the event's JSON object (docs/glossary.md). Raises KeyError or ValueError if it is invalid."""
        rest = {k: v for k, v in event.items() if k not in {"seq", "at", "event", "actor"}}
        at = event["at"] if isinstance(event["at"], datetime) else datetime.fromisoformat(event["at"])
        if at.tzinfo is None:
            raise ValueError("the moment of an event needs an offset")
        return cls(event["seq"], at, event["event"], event["actor"], rest)

    @property
    def crosses_out(self) -> int:
        """The first `seq` that this link crosses out; 0 for a link that crosses out nothing."""
        since = self.data.get(FROM_SEQ) if self.event == RETAKEN and self.seq is None else None
        return since if isinstance(since, int) and since > 0 else 0

    def canonical(self, order_no: str, position: int) -> str:
        """The canonical JSON that is hashed."""
        at = self.at.astimezone(UTC).isoformat(timespec="microseconds")
        return json.dumps(
            {**self._asdict(), "at": at, "order_no": order_no, "position": position},
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=False,
            allow_nan=False,
        )

    def says_the_same(self, other: "Content") -> bool:
        """Whether both have the same hash at the same place."""
        return self.canonical("", 0) == other.canonical("", 0)


class Link(NamedTuple):
    """A content at its place in the chain."""

    position: int
    content: Content
    previous_hash: str
    hash: str

    def outside(self) -> dict[str, Any]:
        """The event's JSON object (docs/glossary.md) for callers outside; its `seq` is the position here."""
        content = self.content
        at = content.at.astimezone(LOCAL_TIME).isoformat()
        return {
            "seq": self.position,
            "at": at,
            "event": content.event,
            "actor": content.actor,
            **content.data,
        }


def link(order_no: str, position: int, content: Content, previous_hash: str) -> Link:
    """Make the link that follows one with the hash `previous_hash`."""
    text = f"{previous_hash}\n{content.canonical(order_no, position)}"
    return Link(position, content, previous_hash, sha256(text.encode()).hexdigest())


def without_crossed_out(links: Iterable[Link]) -> list[Link]:
    """The links, without crossed-out events."""
    found: list[Link] = []
    for each in links:
        if since := each.content.crosses_out:
            found = [link for link in found if (link.content.seq or 0) < since]
        found.append(each)
    return found


def policy_hashes(opened_with: str, contents: Iterable[Content]) -> list[str]:
    """The hashes of an order's rule books: that of its opening, then each that it adopted, the present one last."""
    return [opened_with, *(each.data["policy_hash"] for each in contents if each.event == "policy_adopted")]


def faults(order_no: str, links: Sequence[Link]) -> list[str]:
    """Faults of a chain, each a Chinese sentence that names the position; empty if it is intact."""
    found: list[str] = []
    expected_position, expected_seq, previous_hash = 1, 1, GENESIS
    for each in links:
        if each.position != expected_position:
            missing = "、".join(str(n) for n in range(expected_position, each.position))
            found.append(f"第 {missing} 条缺失")
        elif each.previous_hash != previous_hash:
            found.append(f"第 {each.position} 条与前一条断链: previous_hash 不等于前一条的 hash")
        if link(order_no, each.position, each.content, each.previous_hash).hash != each.hash:
            found.append(f"第 {each.position} 条内容被改动: seq、at、event、actor、data 与 hash 不符")
        if since := each.content.crosses_out:
            if since >= expected_seq:
                found.append(f"第 {each.position} 条划去 seq {since} 起的条目, 但并无此 seq")
            expected_seq = since
        elif each.content.seq is not None:
            if each.content.seq != expected_seq:
                found.append(f"第 {each.position} 条 seq 应为 {expected_seq}, 实为 {each.content.seq}")
            expected_seq = each.content.seq + 1
        expected_position, previous_hash = each.position + 1, each.hash
    return found
