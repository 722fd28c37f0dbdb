"""The end of retention: what is past it is erased, from the object store and from the database (NA-06)."""

import logging
from collections.abc import AsyncIterator, Mapping
from datetime import datetime

from adapters.database.erasure import Erasure, Kept
from adapters.object_store import Objects
from domain.calendar import CST
from domain.policy import Regime
from domain.policy_retention import years

log = logging.getLogger(__name__)


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
        if not await self._erasure.begin(no):
            return False
        for key in await self._erasure.objects_of(no):
            await self._objects.delete(key)
        if not await self._erasure.erase(no, person, now):
            return False
        log.warning("order %s erased at the end of its retention", no)
        return True

    async def erase_strays(self, now: datetime) -> None:
        """Blank what came in, belongs to no order and so has no rule of its own; its time runs from reception.

        A text says only what some citizen thought of a text of ours: it goes with the shortest retention. A message of
        the city may be a demand that was never taken in: it is kept as long as any order may be, and for ever if a
        county has no retention.
        """
        if not self._years():
            return
        if texts := await self._erasure.erase_stray_texts(_years_before(now, min(self._years()))):
            log.warning("%d texts without an order erased at the end of the shortest retention", texts)
        if not all(regime.retention for regime in self._regimes.values()):
            return
        if messages := await self._erasure.erase_stray_messages(_years_before(now, max(self._years()))):
            log.warning("%d messages of the city without an order erased at the end of the longest", messages)

    def _years(self) -> list[int]:
        return [rule.years for regime in self._regimes.values() for rule in regime.retention]

    async def erase_due(self, person: str, now: datetime) -> int:
        """Erase what belongs to no order, finish what was begun, then erase all whose time is over; how many orders.

        One that cannot be erased now (an object is locked) is begun and stands in nobody's way: ExceptionGroup with
        those errors is raised when all the others are done.
        """
        await self.erase_strays(now)
        done, failures = 0, []
        due = [*await self._erasure.begun(), *[kept.no async for kept in self.due(now)]]
        for no in due:
            try:
                done += await self.erase(no, person, now)
            except Exception as error:
                error.add_note(f"order {no}")
                failures.append(error)
        if failures:
            raise ExceptionGroup(f"{len(failures)} orders could not be erased, {done} were", failures)
        return done


def _years_before(now: datetime, count: int) -> datetime:
    local = now.astimezone(CST)
    try:
        return local.replace(year=local.year - count)
    except ValueError:  # 29 February
        return local.replace(year=local.year - count, day=28)
