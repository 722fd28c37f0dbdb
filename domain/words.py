"""The vocabulary of the hotline: enumerations shared by code, API and rule books.

Their Chinese names are in `domain.labels` (docs/glossary.md).
"""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value object: immutable, compared by content, without unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Role(StrEnum):
    """Who may act. `clock` and `system` stand for alarms and for reports of activities."""

    AGENT = "agent"
    DISPATCHER = "dispatcher"
    REVIEWER = "reviewer"
    CALLBACK_STAFF = "callback_staff"
    SUPERVISOR = "supervisor"
    HOTLINE_DIRECTOR = "hotline_director"
    UNIT_CLERK = "unit_clerk"
    UNIT_SECTION_HEAD = "unit_section_head"
    UNIT_DEPUTY_LEADER = "unit_deputy_leader"
    UNIT_PRINCIPAL_LEADER = "unit_principal_leader"
    CITY_PLATFORM = "city_platform"
    COUNTY_LEADER = "county_leader"
    INSPECTION = "inspection"
    PANEL = "panel"
    ADMIN = "admin"
    CITIZEN = "citizen"
    CLOCK = "clock"
    SYSTEM = "system"


class Category(StrEnum):
    """What kind of demand it is."""

    CONSULT = "consult"
    HELP = "help"
    SUGGESTION = "suggestion"
    COMPLAINT = "complaint"
    REPORT = "report"
    OTHER = "other"


class Mark(StrEnum):
    """Marks that raise the attention which an order gets."""

    URGENT_MARK = "urgent_mark"
    MAYOR_LINE = "mayor_line"
    DIRECTOR_LINE = "director_line"
    STATE_ASSIGNED = "state_assigned"
    PROVINCE_ASSIGNED = "province_assigned"
    CITY_ASSIGNED = "city_assigned"
    LEADER_ASSIGNED = "leader_assigned"
    CLUSTERED = "clustered"
    SENSITIVE = "sensitive"
    WIDE_IMPACT = "wide_impact"
    REPEATED = "repeated"


class Part(StrEnum):
    """The part a unit plays: `lead` 主办, `assist` 协办."""

    LEAD = "lead"
    ASSIST = "assist"


class DispatchMode(StrEnum):
    """How the units were chosen (GT-07, RG-17, HK-02)."""

    SINGLE = "single"
    DUAL = "dual"
    JOINT = "joint"
    CONSULTATION = "consultation"
    LEADER_ASSIGNED = "leader_assigned"
    COORDINATION = "coordination"


class Light(StrEnum):
    """Yellow falls with the pre-expiry notice, red with the limit."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


class Stage(StrEnum):
    """Where an order stands as a whole."""

    INTAKE = "intake"
    SIGN_OFF = "sign_off"
    HANDLING = "handling"
    REVIEW = "review"
    CALLBACK = "callback"
    FINAL = "final"
    SUSPENDED = "suspended"
    CLOSED = "closed"
    ARCHIVED = "archived"


class ClockName(StrEnum):
    """The promises that are kept by time."""

    SIGN_OFF = "sign_off"
    RETURN = "return"
    HANDLING = "handling"
    RESULT = "result"
    FIRST_OPINION = "first_opinion"
    PROGRESS = "progress"
    ON_SITE = "on_site"
    APPROVAL = "approval"
    SUPERVISION = "supervision"
    REWORK = "rework"
    SUSPENSION_REVIEW = "suspension_review"
    CALLBACK = "callback"
    ACKNOWLEDGEMENT = "acknowledgement"


class ApprovalKind(StrEnum):
    """Every decision that someone above the clerk takes."""

    RETURN = "return"
    EXTENSION = "extension"
    REVIEW = "review"
    CITY_REVIEW = "city_review"
    SUSPENSION = "suspension"
    STRIKE_OFF = "strike_off"
    APPEAL = "appeal"
    PANEL = "panel"
    TERMINATION = "termination"
    FINAL_REPLY = "final_reply"
    REDISPATCH = "redispatch"


class Template(StrEnum):
    """The notices that go out."""

    DISPATCH = "dispatch"
    PRE_EXPIRY = "pre_expiry"
    SIGN_OFF_MISSED = "sign_off_missed"
    OVERDUE = "overdue"
    SUPERVISION = "supervision"
    ESCALATION = "escalation"
    EXTENSION_DECIDED = "extension_decided"
    REWORK = "rework"
    SURVEY = "survey"
    CITIZEN_UPDATE = "citizen_update"


class SupervisionLevel(StrEnum):
    """How loud a supervision is."""

    PHONE = "phone"
    SPECIAL = "special"
    JOINT = "joint"
    LEADER = "leader"


class Outcome(StrEnum):
    """How an order ended. `merged` 并单: carried on by another order (NA-01)."""

    ANSWERED = "answered"
    TRANSFERRED = "transferred"
    SATISFIED = "satisfied"
    DISSATISFIED_FINAL = "dissatisfied_final"
    UNREACHABLE = "unreachable"
    NOT_COUNTED = "not_counted"
    TERMINATED = "terminated"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


UNIT_ROLES = frozenset({Role.UNIT_CLERK, Role.UNIT_SECTION_HEAD, Role.UNIT_DEPUTY_LEADER, Role.UNIT_PRINCIPAL_LEADER})
CITY_SOURCE = "city_platform"
