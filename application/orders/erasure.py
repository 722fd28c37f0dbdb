"""Erases orders at the end of their retention, from the object store and the database (NA-06)."""

import logging
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from adapters.database.engine import Database
from adapters.database.redaction.redaction import CITY, TEXTS, ErasureCandidate, FilesLeft, Redaction
from adapters.files.object_store import Objects
from adapters.policy.rule_books import RuleBooks
from domain.calendar.business_calendar import CST
from domain.policy.retention import years
from domain.policy.rule_book import Regime

log = logging.getLogger(__name__)

PERSON: Final = "retention"
"""The actor of erasures that nobody asked for."""

LATE_STAYS: Final = timedelta(days=7)
"""The time that rows written about an order after its erasure stay: work under way ends by then, and people can read
the city's messages."""


class ErasureReason(StrEnum):
    """The reason of an erasure."""

    STRAY = "stray"
    BEGUN = "begun"
    DUE = "due"
    LATE = "late"


class Planned(NamedTuple):
    """A planned erasure of an archived order, or (`no` none) of rows without an order.

    `rows` by table, existing `files` by kind.
    """

    why: ErasureReason
    no: str | None
    archived_at: datetime | None
    rows: Mapping[str, int]
    files: Mapping[str, int]


class Eraser:
    """Erases by the rules in force; keeps an order of an unknown county."""

    def __init__(self, erasure: Redaction, objects: Objects, regimes: Mapping[str, Regime]) -> None:
        self._erasure = erasure
        self._objects = objects
        self._regimes = regimes

    async def due(self, now: datetime) -> AsyncIterator[ErasureCandidate]:
        """Orders past their retention."""
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
        """Erase one order: objects first, so that after a crash their keys are still known.

        False if it is on hold, or another process was faster.
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
        """Erase received rows that belong to no order and so have no rule of their own; retention runs from receipt.

        A citizen's text only answers a text of ours: the shortest retention applies. A message of the city may be a
        demand that was never opened: the longest retention applies, and none is erased if a county has no retention.
        """
        for table, before in self._strays(now).items():
            if many := await self._erasure.erase_strays(table, before):
                log.warning("%d rows of %s without an order erased at the end of retention", many, table)

    def _strays(self, now: datetime) -> dict[str, datetime]:
        """The moment before which rows without an order are erased, by table."""
        before = {}
        if self._years():
            before[TEXTS] = _years_before(now, min(self._years()))
            if all(regime.retention for regime in self._regimes.values()):
                before[CITY] = _years_before(now, max(self._years()))
        return before

    def _years(self) -> list[int]:
        return [rule.years for regime in self._regimes.values() for rule in regime.retention]

    async def erase_due(self, person: str, now: datetime) -> int:
        """Erase rows without an order, finish begun erasures, then erase all orders past their retention, and rows that
        were written about orders after their erasure; returns how many orders.

        An order that cannot be erased now (an object is locked) stays begun and does not stop the others:
        ExceptionGroup with those errors is raised at the end.
        """
        await self.erase_strays(now)
        done, failures = 0, []
        async for why, no in self._all(now):
            try:
                done += await (self._erase if why is ErasureReason.LATE else self.erase)(no, person, now)
            except Exception as error:
                error.add_note(f"order {no}")
                failures.append(error)
        if failures:
            raise ExceptionGroup(f"{len(failures)} orders could not be erased, {done} were", failures)
        return done

    async def planned(self, now: datetime) -> AsyncIterator[Planned]:
        """The erasures that `erase_due` would make now; changes nothing."""
        strays = {table: await self._erasure.count_strays(table, before) for table, before in self._strays(now).items()}
        if any(strays.values()):
            yield Planned(ErasureReason.STRAY, None, None, {table: many for table, many in strays.items() if many}, {})
        async for why, no in self._all(now):
            left = await self._erasure.left(no)
            objects = await self._erasure.objects_of(no)
            files = Counter([each.kind for each in objects if await self._objects.exists(each.key)])
            yield Planned(why, no, left.archived_at, left.rows, files)

    async def _all(self, now: datetime) -> AsyncIterator[tuple[ErasureReason, str]]:
        """Orders with something to erase; each list is read when its turn comes."""
        for no in await self._erasure.begun():
            yield ErasureReason.BEGUN, no
        for kept in [kept async for kept in self.due(now)]:
            yield ErasureReason.DUE, kept.no
        for no in await self._erasure.late(now - LATE_STAYS):
            yield ErasureReason.LATE, no


def _years_before(now: datetime, count: int) -> datetime:
    local = now.astimezone(CST)
    try:
        return local.replace(year=local.year - count)
    except ValueError:  # 29 February
        return local.replace(year=local.year - count, day=28)


class ErasureNeeds(Protocol):
    """Needed to erase orders."""

    database: Database
    rule_books: RuleBooks

    @property
    def objects(self) -> Objects:
        """The object store."""


async def erase_due_orders(services: ErasureNeeds) -> int:
    """Erase all orders that are due, and return how many. May be repeated, and may run in several processes."""
    eraser = Eraser(Redaction(services.database), services.objects, services.rule_books.regimes)
    return await eraser.erase_due(PERSON, datetime.now(CST))
