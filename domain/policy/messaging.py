"""The rules of notices: alternative recipients, quiet hours and limits per number."""

from datetime import datetime, time
from typing import Self

from pydantic import Field, model_validator

from domain.calendar.business_calendar import CST, local
from domain.calendar.durations import Duration
from domain.policy.rule import Match, Rule
from domain.words import Frozen, Role


class DayHours(Frozen):
    """A part of every day in +08:00, over midnight when `begin` is later than `end`; `end` itself is outside."""

    begin: time
    end: time

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.begin == self.end or self.begin.tzinfo or self.end.tzinfo:
            raise ValueError("begin 与 end 应为两个不同的时刻，如 09:00 与 20:00")
        return self

    def holds(self, at: datetime) -> bool:
        """Whether the moment is inside the hours."""
        clock = local(at).timetz().replace(tzinfo=None)
        if self.begin < self.end:
            return self.begin <= clock < self.end
        return clock >= self.begin or clock < self.end

    def earliest(self, at: datetime) -> datetime:
        """The moment itself if it is inside the hours, else their next begin."""
        return at if self.holds(at) else _next(self.begin, at)

    def passed(self, at: datetime) -> datetime:
        """The moment itself if it is outside the hours, else their next end."""
        return _next(self.end, at) if self.holds(at) else at


def _next(clock: time, after: datetime) -> datetime:
    day = local(after).date()
    today = datetime.combine(day, clock, CST)
    return today if today > after else datetime.combine(day.fromordinal(day.toordinal() + 1), clock, CST)


class QuietHours(Rule):
    """When no notice goes out: it waits until they are over. Orders that fit `exempt` are never quiet."""

    hours: DayHours
    exempt: Match | None = None


class PerNumber(Frozen):
    """At most so many notices to one number within so long; the next ones wait."""

    at_most: int = Field(ge=1, le=10_000)
    within: Duration


class Messaging(Frozen):
    """The rules of notices.

    `routing`: the roles to try for a role, in order, each once; without an entry only the role itself. When
    none is left, someone is put into the queue of those who telephone.
    """

    routing: dict[Role, tuple[Role, ...]] = {}
    quiet: QuietHours | None = None
    per_number: PerNumber | None = None

    @model_validator(mode="after")
    def _routes(self) -> Self:
        if empty := [role.value for role, roles in self.routing.items() if not roles]:
            raise ValueError(f"routing 中 {'、'.join(empty)} 没有列出任何岗位")
        if self.per_number is not None and not self.per_number.within.is_elapsed:
            raise ValueError("per_number.within 应以 m 或 h 计，如 1h")
        return self

    def route(self, role: Role) -> tuple[Role, ...]:
        """The roles to try for a notice to this role."""
        return self.routing.get(role, (role,))
