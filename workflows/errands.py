"""What an order has done outside: each effect once, begun when it is on record, taken up again until it is done."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import FailureError

from domain.effects import Effect
from domain.labels import label
from domain.reports import Internal
from workflows.effects import RETRY_AFTER, perform


class Errands:
    """The effects of one run of the workflow; `report` takes in what one of them tells, `now` is the order's clock."""

    def __init__(
        self, effects: Iterable[Effect], report: Callable[[Internal], object], now: Callable[[], datetime]
    ) -> None:
        self.unfinished = {effect.key: effect for effect in effects}
        self._report = report
        self._now = now
        self._underway: dict[str, asyncio.Task[None]] = {}
        self._busy: set[str] = set()

    def add(self, effects: Iterable[Effect]) -> None:
        """Note what is to be done."""
        self.unfinished |= {effect.key: effect for effect in effects}

    def begin(self) -> None:
        """Start what is not under way yet."""
        for task in self._underway.values():
            if task.done():
                task.result()  # a bug in an effect stops this task of the workflow, where it can be seen
        for key, effect in self.unfinished.items():
            if key not in self._underway:
                self._underway[key] = asyncio.create_task(self._accomplish(effect))

    @property
    def busy(self) -> bool:
        """Whether an activity is under way at this moment."""
        return bool(self._busy)

    @property
    def to_begin(self) -> bool:
        """Whether something is not under way yet."""
        return any(key not in self._underway for key in self.unfinished)

    @property
    def failed(self) -> bool:
        """Whether one has ended that had no right to: a bug."""
        return any(task.done() for task in self._underway.values())

    @property
    def postponed(self) -> dict[str, datetime]:
        """Those that have to wait for a moment of their own, with that moment."""
        now = self._now()
        held_back = ((key, effect.not_before) for key, effect in self.unfinished.items())
        return {key: moment for key, moment in held_back if moment is not None and moment > now}

    async def _accomplish(self, effect: Effect) -> None:
        """Perform an effect until it is done, and take in what it reports."""
        while (wait := self._to_wait(effect)) > timedelta(0):
            await workflow.sleep(wait, summary=f"静默时段后办理：{label(effect.kind, 'effect')}")
        while True:
            self._busy.add(effect.key)
            try:
                told = await perform(effect)
            except FailureError:
                told = RETRY_AFTER
            self._busy.discard(effect.key)
            if isinstance(told, timedelta):
                await workflow.sleep(told, summary=f"稍后重试：{label(effect.kind, 'effect')}")
                continue
            if told is not None:
                self._report(told)
            del self.unfinished[effect.key], self._underway[effect.key]
            return

    def _to_wait(self, effect: Effect) -> timedelta:
        return timedelta(0) if effect.not_before is None else effect.not_before - self._now()
