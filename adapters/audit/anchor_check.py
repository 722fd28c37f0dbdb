"""Verifies the anchors against their signatures, against each other, and against their published copies."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from adapters.archive.signature import SigningKeys
from adapters.audit.act_chain_check import ChainMark
from adapters.database.audit.acts import day_begins
from adapters.database.audit.anchors import PREFIX, Anchor
from domain.order.audit_chain import GENESIS

VERSION: Final = 1


def parse_anchor(anchor: Anchor) -> dict[str, Any] | None:
    """The parsed text of an anchor; None if it is invalid."""
    try:
        said: dict[str, Any] = json.loads(anchor.body)
        acts, orders = said["acts"], said["orders"]
        sound = said["version"] == VERSION and date.fromisoformat(said["day"]) == anchor.day
        sound = sound and all(isinstance(each, int) for each in (acts["count"], acts["last"], orders["count"]))
        sound = sound and all(isinstance(each, str) for each in (acts["head"], orders["root"], said["previous"]))
    except (ValueError, TypeError, KeyError):
        return None
    return said if sound else None


def mark_of(anchor: Anchor) -> ChainMark | None:
    """The anchor's mark of the chain of acts."""
    if (said := parse_anchor(anchor)) is None:
        return None
    until: datetime = day_begins(anchor.day) + timedelta(days=1)
    return ChainMark(anchor.day.isoformat(), said["acts"]["last"], said["acts"]["head"], until)


def anchor_faults(anchors: Sequence[Anchor], signatures: SigningKeys) -> Iterator[str]:
    """Faults of the anchors themselves, by day; `anchors` are in rising order."""
    before: Anchor | None = None
    for anchor in anchors:
        name = f"{anchor.day} 的锚"
        if not _is_signed(signatures, anchor.signed, anchor.signature):
            yield f"{name}：签名不符，内容或签名被改动"
        if (said := parse_anchor(anchor)) is None:
            yield f"{name}：内容不是这一天的锚"
        if before is not None and anchor.day != before.day + timedelta(days=1):
            first, last = before.day + timedelta(days=1), anchor.day - timedelta(days=1)
            yield f"{first} 的锚缺失" if first == last else f"{first} 至 {last} 的锚缺失"
        elif said is not None:
            yield from _link_faults(name, said, before)
        before = anchor


async def publication_faults(
    anchors: Sequence[Anchor], published: AsyncIterator[tuple[str, bytes]], signatures: SigningKeys, where: str
) -> AsyncIterator[str]:
    """Differences between the anchors and their published copies; `published` yields day and content of each file."""
    kept = {anchor.day.isoformat(): anchor for anchor in anchors}
    async for day, content in published:
        anchor, file = kept.pop(day, None), _parse_publication(content)
        if file is None:
            yield f"{where} {day}.json：不是公布的锚"
        elif not _is_signed(signatures, PREFIX + file["body"].encode(), file["signature"]):
            yield f"{where} {day}.json：签名不符"
        elif anchor is None:
            yield f"{day} 的锚：已公布在{where}，数据库中没有"
        elif (anchor.body, anchor.signature) != (file["body"], file["signature"]):
            yield f"{day} 的锚：数据库中的与公布在{where}的不同"
    for day in sorted(kept):
        yield f"{day} 的锚：没有公布在{where}"


def _link_faults(name: str, said: Mapping[str, Any], before: Anchor | None) -> Iterator[str]:
    expected = sha256(before.body.encode()).hexdigest() if before else GENESIS
    if said["previous"] != expected:
        yield f"{name}：与前一天的锚断链" if before else f"{name}：此前的锚缺失"
    earlier = parse_anchor(before) if before else None
    if earlier is not None and said["acts"]["last"] - said["acts"]["count"] != earlier["acts"]["last"]:
        yield f"{name}：操作的条数与前一天的锚接不上"


def _is_signed(signatures: SigningKeys, content: bytes, signature: str) -> bool:
    try:
        return signatures.holds(content, bytes.fromhex(signature))
    except ValueError:
        return False


def _parse_publication(content: bytes) -> Mapping[str, str] | None:
    try:
        file = json.loads(content)
    except ValueError:
        return None
    sound = isinstance(file, dict) and all(isinstance(file.get(name), str) for name in ("body", "signature"))
    return file if sound else None
