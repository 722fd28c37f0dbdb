"""One order of the core in a test: commands by name, passing time with its alarms, refusals as (code, clause)."""

from datetime import datetime
from typing import Any

import pytest

from domain.calendar.business_calendar import CST
from domain.order.commands import COMMANDS, Decide
from domain.order.decider import decide, evolve
from domain.order.events import Event, to_json
from domain.order.internal_commands import OpenOrder, ReportArchived
from domain.order.order import Order
from domain.order.parts import Clock
from domain.permissions import TABLE
from domain.policy.rule_book import Regime
from domain.refusal import Refused
from domain.text import Text
from domain.words import Role, Stage
from tests.domain.chance import Life, Said
from tests.domain.lives import GOOD, LEADERS
from tests.domain.regimes import new_order

MONDAY = "2026-11-23T09:00"
BLANK = Text(document="D0", length=0)
VAGUE = Text(document="D3", length=4, vague=True)
COPIED = Text(document="D4", length=30, duplicate_of="T-9")
WHO = {"open_supervision": Role.SUPERVISOR, "transfer_out": Role.AGENT, "merge": Role.AGENT, "join": Role.AGENT}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CST)


def written(at: datetime) -> str:
    """`2026-11-27T00:00` in +08:00, seconds only where there are any."""
    text = at.astimezone(CST).strftime("%Y-%m-%dT%H:%M:%S")
    return text.removesuffix(":00")


class Play:
    """One order, opened at once. Every command is the act of the role that usually does it."""

    def __init__(self, regime: str | Regime, at: str = MONDAY, **facts: Any) -> None:
        self.life = Life(new_order(regime, **facts), moment(at))
        self.life.say(OpenOrder())

    @property
    def order(self) -> Order:
        return self.life.order

    @property
    def stage(self) -> Stage:
        return self.order.stage

    def at(self, text: str) -> "Play":
        """Time passes to a moment; due alarms ring on the way."""
        self.life.until(moment(text))
        return self

    def do(self, name: str, **fields: Any) -> list[Event]:
        """Carry out a command. Raises Refused."""
        return self.say(COMMANDS[name].model_validate({"by": WHO.get(name) or min(TABLE[name].to)} | fields))

    def refused(self, name: str, **fields: Any) -> tuple[str, str | None]:
        """Code and clause of the refusal of a command."""
        with pytest.raises(Refused) as caught:
            self.do(name, **fields)
        return caught.value.code.value, caught.value.clause

    def decide(self, kind: str, decision: str = "approve", by: str | None = None, **fields: Any) -> list[Event]:
        """The signal, by the role of the open stage unless another is named."""
        kinds = ("review", "city_review") if kind == "review" else (kind,)
        asked = next((a for a in self.order.open_approvals if a.id == kind or a.kind in kinds), None)
        role = by or (asked.by_role.value if asked else "reviewer")
        return self.say(Decide.model_validate({"approval": kind, "decision": decision, "as": role} | fields))

    def say(self, said: Said) -> list[Event]:
        events = decide(self.order, said, self.life.now)
        for event in events:
            self.life.order = evolve(self.order, event)
        self.life.events += events
        return events

    def dispatch(self, *units: str, **fields: Any) -> "Play":
        self.do("dispatch", units=[{"unit": unit} for unit in units or ("housing",)], **fields)
        return self

    def signed(self, *units: str) -> "Play":
        """Dispatched and signed at once."""
        self.dispatch(*units)
        for unit in units or ("housing",):
            self.do("sign", unit=unit)
        return self

    def reply(self, **fields: Any) -> list[Event]:
        """A reply that every rule book accepts, changed by `fields`."""
        sections = dict.fromkeys(self.order.regime.replies.sections, GOOD)
        good = {"sections": sections, "signed_by": LEADERS, "attachments": ("F1", "F2")}
        return self.do("submit_reply", **(good | fields))

    def replied(self, **fields: Any) -> "Play":
        self.reply(**fields)
        return self

    def answered(self) -> "Play":
        """Replied and reviewed at every stage: the callbacks begin."""
        self.reply()
        for _ in ("hotline", "city"):
            if self.stage is Stage.REVIEW:
                self.decide("review")
        return self

    def archived(self) -> None:
        self.say(ReportArchived(bundle="b", sha256="0"))
        assert self.stage is Stage.ARCHIVED

    def clock(self, name: str, unit: str | None = "housing") -> Clock:
        return next(c for c in self.order.clocks.values() if c.name == name and c.unit == unit)

    def due(self, name: str, unit: str | None = "housing") -> str:
        return written(self.clock(name, unit).due_at)

    def found(self, name: str, **fields: Any) -> list[dict[str, Any]]:
        """The events of a name with these fields, as JSON objects."""
        told = [to_json(event) for event in self.life.events if event.event == name]
        return [event for event in told if fields.items() <= event.items()]

    def when(self, name: str, **fields: Any) -> list[str]:
        """The moments of those events."""
        return [written(datetime.fromisoformat(event["at"])) for event in self.found(name, **fields)]
