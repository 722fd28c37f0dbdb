"""Effects under way: each begun once its event is recorded, and retried until it is done."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import FailureError

from domain.citizen.sending_hours import may_be_tried_until, may_begin_at, replacing_report
from domain.labels import label
from domain.order.effects import Effect, NotifyEffect
from domain.order.internal_commands import Internal
from domain.order.order import Order
from workflows.effect_activities import RETRY_AFTER, perform

SHORTEST = timedelta(seconds=1)
"""The least time that an activity is given, at the end of the hours for it."""


class EffectsUnderWay:
    """The effects of one run of the workflow.

    `report` handles the report of an effect; `order` and `now` return the current order and its clock.
    """

    def __init__(
        self,
        effects: Iterable[Effect],
        report: Callable[[Internal], object],
        order: Callable[[], Order],
        now: Callable[[], datetime],
    ) -> None:
        self.unfinished = {effect.key: effect for effect in effects}
        self._report = report
        self._order = order
        self._now = now
        self._underway: dict[str, asyncio.Task[None]] = {}
        self._busy: set[str] = set()

    def add(self, effects: Iterable[Effect]) -> None:
        """Add effects to perform."""
        self.unfinished |= {effect.key: effect for effect in effects}

    def begin(self) -> None:
        """Start every effect that is not under way yet."""
        for task in self._underway.values():
            if task.done():
                task.result()  # a bug in an effect fails the workflow task, where it is visible
        for key, effect in self.unfinished.items():
            if key not in self._underway:
                self._underway[key] = asyncio.create_task(self._accomplish(effect))

    @property
    def busy(self) -> bool:
        """Whether an activity is under way at this moment."""
        return bool(self._busy)

    @property
    def to_begin(self) -> bool:
        """Whether an effect is not under way yet."""
        return any(key not in self._underway for key in self.unfinished)

    @property
    def failed(self) -> bool:
        """Whether the task of an unfinished effect has ended, which is a bug."""
        return any(task.done() for task in self._underway.values())

    @property
    def postponed(self) -> dict[str, datetime]:
        """The effects that wait for a moment, by key."""
        order, now = self._order(), self._now()
        moments = {
            key: may_begin_at(order, each, now) for key, each in self.unfinished.items() if key not in self._busy
        }
        return {key: moment for key, moment in moments.items() if moment > now}

    async def _accomplish(self, effect: Effect) -> None:
        """Perform an effect until it is done, and hand on its report."""
        held = isinstance(effect, NotifyEffect) and effect.not_before is not None
        while isinstance(told := await self._try(effect, held=held), timedelta):
            held = True
            if told > timedelta(0):
                await workflow.sleep(told, summary=f"稍后重试：{label(effect.kind, 'effect')}")
        if told is not None:
            self._report(told)
        del self.unfinished[effect.key], self._underway[effect.key]

    async def _try(self, effect: Effect, *, held: bool) -> Internal | timedelta | None:
        """Perform an effect once it may go out; returns its report, or the wait before the next try."""
        while (wait := may_begin_at(self._order(), effect, self._now()) - self._now()) > timedelta(0):
            held = True
            await workflow.sleep(wait, summary=f"静默时段后办理：{label(effect.kind, 'effect')}")
        order, now = self._order(), self._now()
        if (told := replacing_report(order, effect, now, held=held)) is not None:
            return told
        until = may_be_tried_until(order, effect, now)
        self._busy.add(effect.key)
        try:
            return await perform(effect, None if until is None else max(until - now, SHORTEST))
        except FailureError:
            return RETRY_AFTER
        finally:
            self._busy.discard(effect.key)
