"""The end of retention: what is past it is erased, from the object store and from the database (NA-06)."""

import logging
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from adapters.database.erasure.erasure import CITY, TEXTS, Erasure, FilesLeft, Kept
from adapters.files.object_store import Objects
from domain.calendar.business_calendar import CST
from domain.policy.retention import years
from domain.policy.rule_book import Regime

log = logging.getLogger(__name__)

LATE_STAYS: Final = timedelta(days=7)
"""How long what is written about an erased order stays: what is under way comes to its end by then, and somebody can
read what the city said."""


class Why(StrEnum):
    """Why something would be erased."""

    STRAY = "stray"
    BEGUN = "begun"
    DUE = "due"
    LATE = "late"


class Planned(NamedTuple):
    """What would be erased of an archived order, or (`no` none) of what belongs to none.

    `rows` by table, `files` that are there by kind.
    """

    why: Why
    no: str | None
    archived_at: datetime | None
    rows: Mapping[str, int]
    files: Mapping[str, int]


class Eraser:
    """Erases by the rules in force; an order of a county that is no longer known is kept."""

    def __init__(self, erasure: Erasure, objects: Objects, regimes: Mapping[str, Regime]) -> None:
        self._erasure = erasure
        self._objects = objects
        self._regimes = regimes

    async def due(self, now: datetime) -> AsyncIterator[Kept]:
        """Orders whose time is over."""
        if not self._years():
            return
        shortest = min(self._years())
        after = ""
        while page := await self._erasure.candidates(_years_before(now, shortest), after):
            for kept in page:
                regime = self._regimes.get(kept.regime)
                keep = years(regime.retention, kept.category, kept.grade, kept.marks, kept.source) if regime else None
                if keep is not None and kept.archived_at < _years_before(now, keep):
                    yield kept
            after = page[-1].no

    async def erase(self, no: str, person: str, now: datetime) -> bool:
        """Erase one order: objects first, so that a crash between leaves their keys known.

        False if it is held, or another process was faster.
        """
        return await self._erasure.begin(no) and await self._erase(no, person, now)

    async def _erase(self, no: str, person: str, now: datetime) -> bool:
        gone: set[str] = set()
        while True:
            for each in await self._erasure.objects_of(no):
                await self._objects.delete(each.key)
                gone.add(each.key)
            try:
                done = await self._erasure.erase(no, person, now, gone)
            except FilesLeft:
                continue
            if done:
                log.warning("order %s erased at the end of its retention", no)
            return done

    async def erase_strays(self, now: datetime) -> None:
        """Blank what came in, belongs to no order and so has no rule of its own; its time runs from reception.

        A text says only what some citizen thought of a text of ours: it goes with the shortest retention. A message of
        the city may be a demand that was never taken in: it is kept as long as any order may be, and for ever if a
        county has no retention.
        """
        for table, before in self._strays(now).items():
            if many := await self._erasure.erase_strays(table, before):
                log.warning("%d rows of %s without an order erased at the end of retention", many, table)

    def _strays(self, now: datetime) -> dict[str, datetime]:
        """Before when what came in and belongs to no order goes, by table."""
        before = {}
        if self._years():
            before[TEXTS] = _years_before(now, min(self._years()))
            if all(regime.retention for regime in self._regimes.values()):
                before[CITY] = _years_before(now, max(self._years()))
        return before

    def _years(self) -> list[int]:
        return [rule.years for regime in self._regimes.values() for rule in regime.retention]

    async def erase_due(self, person: str, now: datetime) -> int:
        """Erase what belongs to no order, finish what was begun, then erase all whose time is over, and what was
        written about orders after they were erased; how many orders.

        One that cannot be erased now (an object is locked) is begun and stands in nobody's way: ExceptionGroup with
        those errors is raised when all the others are done.
        """
        await self.erase_strays(now)
        done, failures = 0, []
        async for why, no in self._all(now):
            try:
                done += await (self._erase if why is Why.LATE else self.erase)(no, person, now)
            except Exception as error:
                error.add_note(f"order {no}")
                failures.append(error)
        if failures:
            raise ExceptionGroup(f"{len(failures)} orders could not be erased, {done} were", failures)
        return done

    async def planned(self, now: datetime) -> AsyncIterator[Planned]:
        """What `erase_due` would erase now, and nothing is changed."""
        strays = {table: await self._erasure.count_strays(table, before) for table, before in self._strays(now).items()}
        if any(strays.values()):
            yield Planned(Why.STRAY, None, None, {table: many for table, many in strays.items() if many}, {})
        async for why, no in self._all(now):
            left = await self._erasure.left(no)
            objects = await self._erasure.objects_of(no)
            files = Counter([each.kind for each in objects if await self._objects.exists(each.key)])
            yield Planned(why, no, left.archived_at, left.rows, files)

    async def _all(self, now: datetime) -> AsyncIterator[tuple[Why, str]]:
        """Orders of which something is to be erased; each list is read when it is come to."""
        for no in await self._erasure.begun():
            yield Why.BEGUN, no
        for kept in [kept async for kept in self.due(now)]:
            yield Why.DUE, kept.no
        for no in await self._erasure.late(now - LATE_STAYS):
            yield Why.LATE, no


def _years_before(now: datetime, count: int) -> datetime:
    local = now.astimezone(CST)
    try:
        return local.replace(year=local.year - count)
    except ValueError:  # 29 February
        return local.replace(year=local.year - count, day=28)
