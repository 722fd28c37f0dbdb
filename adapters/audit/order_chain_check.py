"""Verifies the orders' chains, by themselves and against the anchored heads."""

from collections.abc import AsyncIterator
from datetime import datetime

from adapters.audit.anchor_check import parse_anchor
from adapters.database.audit.anchors import Anchor, Anchors
from adapters.database.audit.merkle import Merkle
from adapters.database.audit.trail import Trail
from adapters.database.engine import Database


class OrderChainCheck:
    """Checks orders by number, one page in memory at a time."""

    def __init__(self, database: Database) -> None:
        self._anchors, self._trail = Anchors(database), Trail(database)
        self.count = 0

    async def head_faults(self, anchor: Anchor, *, chains: bool) -> AsyncIterator[str]:
        """Faults of the leaves of a day's anchor, and of the orders' `chains`."""
        tree = Merkle()
        async for head in self._anchors.heads(anchor.day):
            tree.add(head.leaf)
            name = f"工单 {head.order_no}：{anchor.day} 锚定的第 {head.position} 条"
            if head.now is None:
                yield f"{name}不见了"
            elif head.now != head.hash:
                yield f"{name}被改动：hash 应为 {head.hash}，实为 {head.now}"
            if chains:
                async for each in self._chain_faults(head.order_no):
                    yield each
        said = parse_anchor(anchor)
        if said is None:
            return
        if tree.count != said["orders"]["count"]:
            yield f"{anchor.day} 的锚：应有 {said['orders']['count']} 件工单的链头，实有 {tree.count} 件"
        elif tree.root != said["orders"]["root"]:
            yield f"{anchor.day} 的锚：各工单的链头与所签的根不符，有链头被改动"

    async def all_faults(self, until: datetime | None) -> AsyncIterator[str]:
        """Faults of all orders' chains; `until` is the end of the last anchored day.

        A row dated before `until` that lies after the anchored part was added later.
        """
        after = ""
        while page := await self._trail.numbers(after):
            for no in page:
                async for each in self._chain_faults(no):
                    yield each
            if until is not None:
                for no, position in await self._anchors.added(page, until):
                    yield f"工单 {no}：第 {position} 条署锚定之前的时刻，却不在锚定之内，是之后添加的"
            after = page[-1]

    async def _chain_faults(self, no: str) -> AsyncIterator[str]:
        self.count += 1
        for each in await self._trail.verify(no):
            yield f"工单 {no}：{each}"
