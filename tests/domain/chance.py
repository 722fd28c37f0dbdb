"""Random choices from bytes, and an order with its clock."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from domain.order.agenda import agenda
from domain.order.commands import Command, Decide
from domain.order.decider import decide, evolve
from domain.order.events import Event
from domain.order.internal_commands import Internal, Ring
from domain.order.order import Order
from domain.refusal import Refused

T = TypeVar("T")
Said = Command | Decide | Internal


class Chance:
    """Choices from bytes; once those are used up, the first of every sequence."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._read = 0

    @property
    def spent(self) -> bool:
        return self._read >= len(self._data)

    def below(self, n: int) -> int:
        self._read += 1
        return self._data[self._read - 1] % n if self._read <= len(self._data) else 0

    def one_of(self, choices: Sequence[T]) -> T:
        return choices[self.below(len(choices))]

    def some_of(self, choices: Sequence[T]) -> tuple[T, ...]:
        """All of them, seldom any few."""
        if not self.rarely():
            return tuple(choices)
        chosen = self.below(256)
        return tuple(choice for index, choice in enumerate(choices) if chosen >> (index % 8) & 1)

    def rarely(self) -> bool:
        return self.below(8) == 7


@dataclass
class Life:
    """An order with its clock. `watch` sees every turn: the order before, what was said, the events."""

    order: Order
    now: datetime
    watch: Callable[["Life", Order, Said, list[Event]], None] = lambda *_: None
    events: list[Event] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    def say(self, said: Said) -> list[Event]:
        """One turn; a refusal is stored and changes nothing."""
        earlier = self.order
        try:
            events = decide(earlier, said, self.now)
        except Refused as refused:
            assert isinstance(said, Command), f"{said} may not be refused: {refused}"
            self.refused.append(refused)
            return []
        for event in events:
            self.order = evolve(self.order, event)
        self.events += events
        self.watch(self, earlier, said, events)
        return events

    def ring(self) -> None:
        """Every alarm that is due by now, one after the other, as the workflow does it."""
        for _ in range(200):
            alarms = agenda(self.order)
            assert alarms == sorted(alarms)
            if not alarms or alarms[0].at > self.now:
                return
            first = alarms[0]
            assert self.say(Ring(clock=first.clock, what=first.what)), f"{first} rings for nothing"
            assert first not in agenda(self.order), f"{first} is still there after it rang"
        raise AssertionError("the alarms do not end")

    def until(self, moment: datetime) -> None:
        """Time goes by, alarms ring when they are due."""
        while (alarm := next(iter(agenda(self.order)), None)) is not None and alarm.at <= moment:
            self.now = max(self.now, alarm.at)
            self.ring()
        self.now = max(self.now, moment)
