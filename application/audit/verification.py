"""Verifies the audit trail: acts, anchors, and the chains of the orders."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from adapters.archive.signature import SigningKeys
from adapters.audit.act_chain_check import ActChainCheck
from adapters.audit.anchor_check import anchor_faults, mark_of, publication_faults
from adapters.audit.order_chain_check import OrderChainCheck
from adapters.database.audit.acts import Acts, day_begins
from adapters.database.audit.anchors import Anchor, Anchors
from adapters.database.engine import Database
from adapters.files.object_store import Objects
from application.audit.anchoring import FOLDER

STORE: Final = "对象库"
LARGEST: Final = 1_000_000
ANCHORED_BY: Final = timedelta(hours=2)
"""After midnight: the anchoring job runs each hour. A day without an anchor by then lacks one."""


class NoSuchAnchor(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The day has no anchor."""


class AuditCheck:
    """One check; afterwards `acts`, `orders` and `anchors` count what was checked.

    `unanchored` are the days since the last anchor that should have one by now. A missing anchor is no forgery, but
    rows of such a day can still be rewritten unnoticed. Only a check of everything finds them.
    """

    def __init__(self, database: Database, objects: Objects, signatures: SigningKeys) -> None:
        self._database, self._objects, self._signatures = database, objects, signatures
        self.acts = self.orders = self.anchors = 0
        self.unanchored: list[date] = []

    async def problems(self, folder: Path | None = None) -> AsyncIterator[str]:
        """Check everything, and yield each problem as a Chinese sentence as it is found.

        `folder` holds published anchors, kept out of reach of anybody who can change the database.
        """
        self.unanchored = await Anchors(self._database).due(ANCHORED_BY)
        anchors = await Anchors(self._database).all()
        self.anchors = len(anchors)
        async for each in self._of_anchors(anchors, folder):
            yield each
        marks = [mark for anchor in anchors if (mark := mark_of(anchor)) is not None]
        check = ActChainCheck(Acts(self._database), sorted(marks, key=lambda mark: mark.last))
        async for each in check.problems():
            yield f"操作台账：{each}"
        orders = OrderChainCheck(self._database)
        for anchor in anchors:
            async for each in orders.head_faults(anchor, chains=False):
                yield each
        until = day_begins(anchors[-1].day) + timedelta(days=1) if anchors else None
        async for each in orders.all_faults(until):
            yield each
        self.acts, self.orders = check.count, orders.count

    async def problems_of_day(self, day: date, folder: Path | None = None) -> AsyncIterator[str]:
        """Check the day that one anchor covers, and yield its problems. Raises NoSuchAnchor."""
        anchors = [each for each in await Anchors(self._database).all() if each.day <= day][-2:]
        if not anchors or anchors[-1].day != day:
            raise NoSuchAnchor(day.isoformat())
        anchor, self.anchors = anchors[-1], 1
        for each in anchor_faults(anchors, self._signatures):
            yield each
        for found, where in ((self._stored(day), STORE), (_in(folder, day), str(folder))):
            if where == STORE or folder is not None:
                async for each in publication_faults([anchor], found, self._signatures, where):
                    yield each
        if (mark := mark_of(anchor)) is not None:
            before = mark_of(anchors[0]) if len(anchors) > 1 else None
            check = ActChainCheck(Acts(self._database), [mark], before, to_the_end=False)
            async for each in check.problems():
                yield f"操作台账：{each}"
            self.acts = check.count
        orders = OrderChainCheck(self._database)
        async for each in orders.head_faults(anchor, chains=True):
            yield each
        self.orders = orders.count

    async def _of_anchors(self, anchors: list[Anchor], folder: Path | None) -> AsyncIterator[str]:
        for each in anchor_faults(anchors, self._signatures):
            yield each
        async for each in publication_faults(anchors, self._stored(), self._signatures, STORE):
            yield each
        if folder is not None:
            async for each in publication_faults(anchors, _in(folder), self._signatures, str(folder)):
                yield each

    async def _stored(self, day: date | None = None) -> AsyncIterator[tuple[str, bytes]]:
        keys = sorted([found.key async for found in self._objects.list(FOLDER)])
        for key in keys:
            name = key.rpartition("/")[2].removesuffix(".json")
            if day is None or name == day.isoformat():
                yield name, (await self._objects.get(key) or b"")[:LARGEST]


async def _in(folder: Path | None, day: date | None = None) -> AsyncIterator[tuple[str, bytes]]:
    if folder is None:
        return
    for path in await asyncio.to_thread(lambda: sorted(folder.glob("*.json"))):
        if day is None or path.stem == day.isoformat():
            yield path.stem, await asyncio.to_thread(_start_of, path)


def _start_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST)
