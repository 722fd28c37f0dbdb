"""The rules of callbacks: the ladder from text to automatic call to callback staff (GT-13, GT-19)."""

from typing import Literal, Self

from pydantic import Field, model_validator

from domain.calendar.durations import Duration
from domain.policy.messaging import DayHours
from domain.policy.rule import Rule
from domain.words import Frozen

AskedBy = Literal["sms", "call", "staff"]


class CallbackStep(Frozen):
    """One rung: by what the citizen is asked, how often, and how long each time an answer is waited for."""

    by: AskedBy
    tries: int = Field(default=1, ge=1, le=10)
    wait: Duration | None = None


class Callbacks(Rule):
    """Calling the citizen back.

    `ladder` ends with the staff, whose `tries` without an answer make the citizen unreachable; their queue asks for
    the next one no sooner than `between` later. They may try sooner, but what is tried less than `apart` after the
    last one, to the minute, is no new try. Automatic calls fall within `hours`. A rating from `satisfied_from` up
    (of 5) means satisfied.
    """

    tries: int = Field(default=3, ge=1)
    ladder: tuple[CallbackStep, ...] = (CallbackStep(by="staff"),)
    between: Duration | None = None
    apart: Duration = Duration(amount=1, unit="m")
    hours: DayHours | None = None
    satisfied_from: int = Field(default=3, ge=2, le=5)

    @model_validator(mode="after")
    def _ladder(self) -> Self:
        by = [step.by for step in self.ladder]
        if by.count("staff") != 1 or by[-1] != "staff":
            raise ValueError("ladder 的最后一级（且只有最后一级）应为 staff，否则无人应答的工单会停在回访环节")
        if any(step.wait is None for step in self.ladder[:-1]):
            raise ValueError("ladder 中 sms、call 各级须写明 wait，即等候答复多久")
        return self
