"""The state of a work order: everything that its future depends on, nothing that can be derived.

An `Order` is a value; `evolve` (domain.order.decider) returns the next one. It has its own policy snapshot and
calendar, so that a change of either never edits history (docs/architecture.md#time).
"""

from datetime import datetime
from typing import Any, Final, Self

from domain.calendar.business_calendar import BusinessCalendar, CalendarDays, compiled
from domain.due import Basis, Pause, explain, explain_fixed
from domain.order.facts import OrderFacts
from domain.order.parts import Approval, Assignment, Clock, Issued, Rung, Supervision, Value
from domain.policy.rule import Match
from domain.policy.rule_book import Regime
from domain.words import (
    CITY_SOURCE,
    ApprovalKind,
    Category,
    ClockName,
    DispatchMode,
    Light,
    Mark,
    Outcome,
    Part,
    Stage,
)

NAMED_BY: Final = {
    ClockName.CALLBACK: "按回访规则推算（等候答复的时长，外呼时段之外的顺延至时段开始）",
    ClockName.PROGRESS: "承办单位报告的预计",
}
"""The source of a fixed moment in its basis, by clock; for other clocks a superior has set it."""


class Order(Value):
    """One demand of one citizen (or of several, NA-01), from intake to archive."""

    no: str
    regime_id: str
    regime: Regime
    calendar: CalendarDays
    policy_hash: str
    category: Category
    grade: str
    source: str
    marks: frozenset[Mark] = frozenset()
    required_by: datetime | None = None

    seq: int = 0
    opened_at: datetime | None = None
    awaiting_dispatch: bool = True
    mode: DispatchMode = DispatchMode.SINGLE
    assignments: dict[str, Assignment] = {}
    clocks: dict[str, Clock] = {}
    approvals: dict[str, Approval] = {}
    supervisions: dict[str, Supervision] = {}
    pauses: tuple[Pause, ...] = ()
    paused_since: datetime | None = None

    calling: bool = False
    """The reply is accepted and the callbacks are under way."""
    parties: tuple[str, ...] = ()
    """Order numbers under which citizens called about this matter; each is called back (NA-01)."""
    called: dict[str, str] = {}
    tries: dict[str, int] = {}
    tried: dict[str, datetime] = {}
    """The last vain try at each citizen, by party."""
    rungs: dict[str, Rung] = {}
    reworks: int = 0
    final_reply: bool = False
    panel_done: bool = False

    counts: dict[str, int] = {}
    overdue_units: frozenset[str] = frozenset()
    issued: dict[str, Issued] = {}
    facts: OrderFacts = OrderFacts()
    outcome: Outcome | None = None
    archived: bool = False

    def basis(self, clock: Clock) -> Basis:
        """The basis of a clock's due moment by the current calendar and pauses."""
        if clock.fixed_at is None:
            assert clock.limit is not None, "a promise needs a limit or a moment"
            return explain(clock.started_at, clock.limit, self.days, self.pauses)
        unit = clock.limit.unit if clock.limit else "h"
        # A fixed moment already allows for earlier pauses: only later ones move it.
        since = clock.started_at
        later = [Pause(begin=max(p.begin, since), end=p.end) for p in self.pauses if p.end > since]
        named_by = NAMED_BY.get(clock.name, "上级指定")
        account = explain_fixed(since, clock.fixed_at, unit, self.days, later, named_by=named_by)
        return (
            account
            if clock.ahead is None
            else account.model_copy(update={"rule": f"办理时限之前{clock.ahead.chinese}"})
        )

    @property
    def days(self) -> BusinessCalendar:
        """The compiled calendar."""
        return compiled(self.calendar)

    @property
    def from_city(self) -> bool:
        """Whether the city platform sent the order, so that its approvals have stages of the city."""
        return self.source == CITY_SOURCE

    @property
    def closed(self) -> bool:
        """Whether an outcome has been reached."""
        return self.outcome is not None

    def fits(self, match: Match) -> bool:
        """Whether a rule with this condition applies to this order."""
        return match.holds(self.category, self.grade, self.marks, self.source)

    @property
    def active(self) -> tuple[Assignment, ...]:
        """The units with an active part, in the order of dispatch."""
        return tuple(a for a in self.assignments.values() if a.active)

    @property
    def leads(self) -> tuple[Assignment, ...]:
        """The active lead units; only a dual dispatch has more than one."""
        return tuple(a for a in self.active if a.part is Part.LEAD)

    @property
    def open_approvals(self) -> tuple[Approval, ...]:
        """Approvals without an answer yet."""
        return tuple(a for a in self.approvals.values() if a.status == "open")

    def open_approval(self, kind: ApprovalKind, unit: str | None = None) -> Approval | None:
        """The open approval of a kind, of a unit if one is named."""
        for approval in self.open_approvals:
            if approval.kind is kind and unit in (None, approval.unit):
                return approval
        return None

    @property
    def stage(self) -> Stage:
        """The stage of the whole order."""
        if self.closed:
            return Stage.ARCHIVED if self.archived else Stage.CLOSED
        if self.paused_since:
            return Stage.SUSPENDED
        if self.open_approval(ApprovalKind.FINAL_REPLY) or self.open_approval(ApprovalKind.PANEL):
            return Stage.FINAL
        if self.calling:
            return Stage.CALLBACK
        if not self.leads:
            return Stage.INTAKE
        statuses = {a.status for a in self.leads}
        if statuses <= {"replied", "accepted"}:
            return Stage.REVIEW
        return Stage.SIGN_OFF if statuses == {"dispatched"} else Stage.HANDLING

    @property
    def light(self) -> Light:
        """The worst light of its active units."""
        lights = {a.light for a in self.active}
        for light in (Light.RED, Light.YELLOW):
            if light in lights:
                return light
        return Light.GREEN

    def count(self, name: str) -> int:
        """The count of something by its name."""
        return self.reworks if name == "reworks" else self.counts.get(name, 0)

    # Copies with one part changed; each returns the whole order.

    def with_assignment(self, unit: str, **changes: Any) -> Self:
        """This unit's part changed."""
        changed = self.assignments[unit].but(**changes)
        return self.but(assignments=self.assignments | {unit: changed})

    def with_approval(self, approval: str, **changes: Any) -> Self:
        """This approval changed."""
        changed = self.approvals[approval].but(**changes)
        return self.but(approvals=self.approvals | {approval: changed})

    def with_clock(self, key: str, **changes: Any) -> Self:
        """This clock changed; nothing happens if there is no such clock."""
        if key not in self.clocks:
            return self
        return self.but(clocks=self.clocks | {key: self.clocks[key].but(**changes)})

    def with_clocks_stopped(
        self,
        status: str,
        *,
        unit: str | None = None,
        names: frozenset[ClockName] | None = None,
        only: frozenset[str] = frozenset({"running", "held"}),
    ) -> Self:
        """Clocks of a unit (of all without one) and of these names taken to `status`."""
        changed = {
            key: clock.but(status=status)
            for key, clock in self.clocks.items()
            if clock.status in only and (unit is None or clock.unit == unit) and (names is None or clock.name in names)
        }
        return self.but(clocks=self.clocks | changed) if changed else self

    def with_voided(self, *, unit: str | None = None, kinds: frozenset[ApprovalKind] | None = None) -> Self:
        """Open approvals of a unit (all without one) and of these kinds made void, and their windows stopped."""
        order = self
        for approval in self.open_approvals:
            if (unit is None or approval.unit == unit) and (kinds is None or approval.kind in kinds):
                order = order.with_approval(approval.id, status="void")
                order = order.with_clock(f"approval:{approval.id}", status="stopped")
        return order

    def counted(self, name: str) -> Self:
        """One more of something counted."""
        return self.but(counts=self.counts | {name: self.counts.get(name, 0) + 1})

    def with_facts(self, **facts: Any) -> Self:
        """Facts for statistics changed; `facts` are fields of `OrderFacts`."""
        assert facts.keys() <= OrderFacts.model_fields.keys(), facts
        return self.but(facts=self.facts.but(**facts))
