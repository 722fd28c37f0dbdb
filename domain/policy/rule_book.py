"""The rule book of a county as data: the schema of `policies.yaml`.

Every rule has the `clause` it comes from, so that a refusal, a due moment or a notice can state it.
Durations are written `30m 3h 2wh 3d 5wd` (docs/policy-guide.md).
"""

import hashlib
import json
from typing import Any, Literal

from pydantic import Field, model_validator

from domain.calendar.business_calendar import CalendarOverrides
from domain.calendar.durations import Duration
from domain.policy.callbacks import Callbacks
from domain.policy.city import City, raise_all, shared_areas, unknown_grades
from domain.policy.emergency import ROUTINE_LEVEL, Emergency, EmergencyLevel
from domain.policy.evidence import Evidence, Phase
from domain.policy.messaging import Messaging
from domain.policy.open311 import Open311
from domain.policy.retention import Retention
from domain.policy.rule import Match, Rule, Slug
from domain.words import ApprovalKind, Category, ClockName, Frozen, Role, SupervisionLevel, Template

Desk = Literal["hotline", "city", "panel", "inspection"]
Counter = Literal["urges", "sent_back", "bounces", "refused_returns", "reworks", "extensions"]


class Limit(Rule):
    """The first limit whose `when` holds is the order's handling limit."""

    within: Duration


class SignOff(Rule):
    """The window for signing off, from dispatch."""

    within: Duration


class CentreSignOff(Rule):
    """How long an order may wait at the centre before it is dispatched (HK-01)."""

    within: Duration


class Signatures(Rule):
    """Whose signatures must be attached; of several rules the first whose `when` holds."""

    roles: tuple[Role, ...]


class Attachments(Rule):
    """How many documents must be attached, and which phases must be among them (DL-05).

    The phases are those of uploaded files, so that they are asked for where files are known: at the interface, not
    in a rehearsal.
    """

    at_least: int = Field(ge=0, le=20)
    phases: tuple[Phase, ...] = ()


class Returns(Rule):
    """Handing an order back as not one's own."""

    window: Duration
    window_from: Literal["dispatch", "sign_off"]
    late: Literal["refused", "counts_as_overdue"] = "refused"
    needs: tuple[Literal["reason", "basis", "proposed_unit"], ...] = ("reason",)
    signed_by: tuple[Signatures, ...] = ()
    attachments: Attachments = Attachments(at_least=0)
    refused: Literal["may_ask_again", "barred"] = "may_ask_again"
    barred_modes: tuple[str, ...] = ()
    dispute_after: int = Field(default=2, ge=1)
    """Granted returns after which a further one is a dispute that the centre decides (NA-02)."""
    dispute_others: Literal["released", "assist"] = "released"
    """The part of the units that handed a disputed order back: `assist` keeps them responsible (HK-04)."""


class Milestone(Rule):
    """A promise on the way: at a set time from dispatch, or ahead of the limit; `every` makes it recur."""

    clock: Literal[ClockName.RESULT, ClockName.FIRST_OPINION, ClockName.PROGRESS, ClockName.ON_SITE]
    within: Duration | None = None
    before_limit: Duration | None = None
    every: Duration | None = None
    levels: tuple[EmergencyLevel, ...] = ()
    """Only for units of these emergency levels (RG-04); empty for every unit."""

    @model_validator(mode="after")
    def _one_measure(self) -> "Milestone":
        if sum(m is not None for m in (self.within, self.before_limit, self.every)) != 1:
            raise ValueError("within、before_limit、every 三者必须且只能给出一个")
        return self


class PreExpiry(Rule):
    """How long before the limit the notice and the yellow light fall; the first that fits counts."""

    before: Duration
    shorter_than: Duration | None = None


class ExtensionMaximum(Frozen):
    """How far an extension may reach; exactly one measure."""

    from_dispatch: Duration | None = None
    beyond_limit: Duration | None = None
    original_again: bool = False

    @model_validator(mode="after")
    def _one_measure(self) -> "ExtensionMaximum":
        if sum((self.from_dispatch is not None, self.beyond_limit is not None, self.original_again)) != 1:
            raise ValueError("from_dispatch、beyond_limit、original_again 三者必须且只能给出一个")
        return self


class Extensions(Rule):
    """Asking for more time; `when` says for which orders that is open at all."""

    ask_before: Duration | None = None
    needs: tuple[Literal["reason", "until"], ...] = ("reason",)
    signed_by: tuple[Signatures, ...] = ()
    at_most: ExtensionMaximum
    per_order: int = Field(default=1, ge=0)
    counted: Literal["granted", "requested"] = "granted"


class VaguePhrases(Rule):
    """Phrases that do not make an answer."""

    phrases: tuple[str, ...] = ()


class Progress(VaguePhrases):
    """Reports while the unit works. `plan_dated`: whether a plan must say when it will be done (HK-08)."""

    plan_dated: bool = False


class Duplicates(Rule):
    """Whether the words of another reply may serve again."""

    refused: bool = False


class FinalReplies(Rule):
    """A reply marked final: the written finding is attached (RG-06)."""

    attachments: int = Field(default=1, ge=0)


class Replies(Rule):
    """What an answer must have."""

    sections: tuple[Slug, ...]
    signed_by: tuple[Signatures, ...] = ()
    attachments: Attachments = Attachments(at_least=0)
    vague: VaguePhrases = VaguePhrases()
    duplicates: Duplicates = Duplicates()
    final: FinalReplies = FinalReplies()


class ApprovalStage(Frozen):
    """One seat that must answer: the desk it belongs to and the role that usually sits there."""

    desk: Desk
    by: Role


class ApprovalRule(Rule):
    """Who decides, in which order, and in what time."""

    stages: tuple[ApprovalStage, ...] = Field(min_length=1)
    within: Duration | None = None


class Rework(Rule):
    """What happens when the citizen is not satisfied."""

    within: Duration
    final_after: int = Field(default=2, ge=1)
    panel: bool = False


class Appeals(Rule):
    """Grounds on which a unit may ask that an order be not counted; none means no appeals."""

    grounds: tuple[Slug, ...] = ()
    signed_by: tuple[Signatures, ...] = ()
    attachments: Attachments = Attachments(at_least=0)


class Suspensions(Rule):
    """On-account orders and the rhythm on which they are looked at again."""

    review_every: Duration


class Intake(Rule):
    """What may be answered on the telephone at once, and how long the centre may hold an order."""

    answer: tuple[Category, ...] = (Category.CONSULT, Category.HELP)
    centre_sign_off: CentreSignOff | None = None


class Ladder(Rule):
    """The steps by which a unit is found for an order (GT-05, HK-02)."""

    steps: tuple[Literal["area", "duty", "nearest_duty", "consultation", "leader"], ...]


class Priority(Rule):
    """Orders of a higher rank stand first in every queue."""

    rank: int = Field(ge=0, le=1000)


class SupervisionRule(Rule):
    """A level of supervision: when it must be answered, and what follows when it is not."""

    answer_within: Duration | None = None
    then: SupervisionLevel | None = None


class NoticeAction(Frozen):
    """Send this template to that role of the unit (or of the centre, or to the citizen)."""

    template: Template
    to: Role


class Tally(Frozen):
    """Overdue orders of one unit after which its principal leader answers for them (HJ-18)."""

    in_a_row: int = Field(ge=1)
    in_total: int = Field(ge=1)
    escalate: Role


class Reaction(Rule):
    """When this event happens to such an order, these things follow."""

    on: Slug
    where: dict[str, str | bool | int | tuple[str | bool | int, ...]] = {}
    at_least: dict[Counter, int] = {}
    notify: tuple[NoticeAction, ...] = ()
    supervise: SupervisionLevel | None = None
    escalate: Role | None = None
    account: Slug | None = None
    send_city: Slug | None = None
    tally: Tally | None = None
    reason: Slug | None = None


class Unit(Frozen):
    """An office that handles orders, as the catalogue knows it (HK-15, RG-04)."""

    id: Slug
    name: str
    area: str | None = None
    duties: tuple[str, ...] = ()
    emergency_level: EmergencyLevel = 3


class Regime(Frozen):
    """The whole rule book of one county."""

    name: str
    title: str = ""
    grades: dict[Slug, str]
    default_grade: Slug
    required_by: bool = False
    """Whether a limit set by a superior (`required_by` of the order) replaces the table of limits."""
    required_by_clause: str | None = None
    priority: tuple[Priority, ...] = ()
    intake: Intake = Intake()
    ladder: Ladder = Ladder(steps=("duty",))
    sign_off: SignOff | None = None
    returns: Returns
    limits: tuple[Limit, ...] = Field(min_length=1)
    milestones: tuple[Milestone, ...] = ()
    pre_expiry: tuple[PreExpiry, ...] = Field(min_length=1)
    extensions: Extensions
    replies: Replies
    approvals: dict[ApprovalKind, ApprovalRule]
    desks: dict[Desk, tuple[Role, ...]]
    fallback_stage: ApprovalStage
    callbacks: Callbacks = Callbacks()
    messaging: Messaging = Messaging()
    emergency: Emergency = Emergency()
    rework: Rework
    retention: tuple[Retention, ...] = ()
    appeals: Appeals = Appeals()
    suspensions: Suspensions
    supervision: dict[SupervisionLevel, SupervisionRule] = {}
    reactions: tuple[Reaction, ...] = ()
    progress: Progress = Progress()
    evidence: Evidence = Evidence()
    templates: dict[Template, str] = {}
    units: tuple[Unit, ...] = ()
    city: City | None = None
    open311: Open311 = Open311()

    @model_validator(mode="after")
    def _whole(self) -> "Regime":
        if self.default_grade not in self.grades:
            raise ValueError(f"default_grade {self.default_grade} 不在 grades 之中")
        if self.limits[-1].when != Match():
            raise ValueError("limits 的最后一条不得带 when，否则有的工单没有时限")
        missing = [k for k in ApprovalKind if k not in self.approvals and k is not ApprovalKind.CITY_REVIEW]
        if missing:
            raise ValueError(f"approvals 缺少 {'、'.join(missing)}")
        used = {g for rule in self._rules() for g in rule.when.grade}
        if unknown := sorted(used - set(self.grades)):
            raise ValueError(f"when.grade 用了未定义的等级 {'、'.join(unknown)}")
        if self.city is not None:
            raise_all("Regime", tuple(unknown_grades(self.city, self.grades)))
        offered = {service.grade for service in self.open311.services.values() if service.grade}
        if unknown := sorted(offered - set(self.grades)):
            raise ValueError(f"open311 的服务用了未定义的等级 {'、'.join(unknown)}")
        return self

    def _rules(self) -> list[Rule]:
        lists: tuple[tuple[Rule, ...], ...] = (
            self.limits,
            self.milestones,
            self.pre_expiry,
            self.reactions,
            self.priority,
        )
        single = [self.extensions, self.replies, self.returns, self.suspensions, self.progress]
        return [rule for rules in lists for rule in rules] + single

    def for_order(self) -> "Regime":
        """The part that an order carries: without templates, city, Open311, evidence and retention, and with only the
        emergency units of the catalogue.
        """
        emergency = tuple(
            Unit(id=unit.id, name="", emergency_level=unit.emergency_level)
            for unit in self.units
            if unit.emergency_level < ROUTINE_LEVEL
        )
        left_out: dict[str, Any] = {
            "templates": {},
            "city": None,
            "open311": Open311(),
            "evidence": Evidence(),
            "retention": (),
        }
        return self.model_copy(update=left_out | {"units": emergency})

    def level_of(self, unit: str) -> EmergencyLevel:
        """The unit's emergency level; `ROUTINE_LEVEL` for a unit that is not in the catalogue."""
        return next((each.emergency_level for each in self.units if each.id == unit), ROUTINE_LEVEL)

    def digest(self) -> str:
        """Content hash, 16 hexadecimal digits: equal rule books have equal hashes."""
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]


class PolicyFile(Frozen):
    """`policies.yaml`: the calendar overrides and the regimes by id."""

    calendar: CalendarOverrides = CalendarOverrides()
    regimes: dict[Slug, Regime] = Field(min_length=1)

    @model_validator(mode="after")
    def _apart(self) -> "PolicyFile":
        raise_all("PolicyFile", tuple(shared_areas({name: regime.city for name, regime in self.regimes.items()})))
        return self
