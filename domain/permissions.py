"""Who may do what, and in which relation: the one table that the API and the order's workflow both ask.

An act is a command of contract §3 by its own name, a signal, or what a route of the API does (`api.auth.route_acts`
names the act of each route). A role that does not stand in the row of an act may not do it. `docs/access.md` is this
table written out. What a rule book adds, which roles sit at which stage of an approval, stands in `policies.yaml`.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from domain.labels import label
from domain.refusal import Code, Refused
from domain.words import UNIT_ROLES, Role


class Relation(StrEnum):
    """How far a grant reaches: what somebody has to be to what they act on."""

    REGIME = "regime"
    """Everything of the regime that they serve, of every regime if they serve all."""
    UNIT = "unit"
    """Orders that their unit has or has had."""
    OWN = "own"
    """What is theirs: the order of a citizen, the files that somebody brought and no order has yet."""
    APPROVER = "approver"
    """Approvals of orders that they see, whose open stage names their role, and that they did not ask for."""
    VIEWER = "viewer"
    """Confidential orders that they took in or were named for (NA-07)."""


class Door(StrEnum):
    """What whoever comes has to show before anything is looked at."""

    TOKEN = "token"  # noqa: S105 (a word)
    OPEN = "open"
    SEALED = "sealed"
    """A signature or key of its own, which the route checks: machines, and links that were handed out."""


class Grant(NamedTuple):
    """A row: what is done, the roles that may, each with how far that reaches, and the door it is done through."""

    says: str
    to: Mapping[Role, Relation]
    door: Door = Door.TOKEN


STAFF: Final = frozenset(Role) - {Role.CITIZEN, Role.CLOCK, Role.SYSTEM}
"""People, and the city platform's people: whoever can hold a token."""
CENTRE: Final = STAFF - UNIT_ROLES
INTAKE: Final = (Role.AGENT, Role.DISPATCHER)
WHO_TAKE_IN: Final = (*INTAKE, Role.HOTLINE_DIRECTOR, Role.CITY_PLATFORM)
WHO_TELEPHONE: Final = (Role.CALLBACK_STAFF, Role.SUPERVISOR, Role.HOTLINE_DIRECTOR)

WHO_WATCH: Final = (Role.ADMIN, Role.INSPECTION)


def _centre(*roles: Role) -> dict[Role, Relation]:
    return dict.fromkeys(roles, Relation.REGIME)


def _clerk() -> dict[Role, Relation]:
    return {Role.UNIT_CLERK: Relation.UNIT}


def _all(relation: Relation) -> dict[Role, Relation]:
    return dict.fromkeys(STAFF, relation)


SEES: Final = _centre(*CENTRE) | dict.fromkeys(UNIT_ROLES, Relation.UNIT)

TABLE: Final[Mapping[str, Grant]] = {
    # commands
    "answer_at_intake": Grant("answer on the telephone", _centre(Role.AGENT)),
    "transfer_out": Grant("hand over to an emergency line", _centre(*INTAKE)),
    "acknowledge_transfer": Grant("note that the emergency line has it", _centre(*INTAKE)),
    "dispatch": Grant("send to units", _centre(Role.DISPATCHER)),
    "merge": Grant("have another order carry this one on", _centre(*INTAKE)),
    "join": Grant("have another order join this one", _centre(*INTAKE)),
    "sign": Grant("sign for the order", _clerk()),
    "arrive_on_site": Grant("be on the spot", _clerk()),
    "request_return": Grant("ask to return it", _clerk()),
    "request_extension": Grant("ask for more time", _clerk()),
    "report_progress": Grant("report progress", _clerk()),
    "record_visit": Grant("record a visit", _clerk()),
    "submit_reply": Grant("answer", _clerk()),
    "record_callback": Grant(
        "record what the citizen said", _centre(Role.CALLBACK_STAFF) | {Role.CITIZEN: Relation.OWN}
    ),
    "urge": Grant("tell the unit to hurry", _centre(Role.SUPERVISOR, Role.CITY_PLATFORM)),
    "open_supervision": Grant(
        "put under supervision",
        _centre(Role.SUPERVISOR, Role.HOTLINE_DIRECTOR, Role.COUNTY_LEADER, Role.INSPECTION),
    ),
    "answer_supervision": Grant("answer a supervision", _clerk()),
    "request_suspension": Grant("ask to put it on account", _clerk()),
    "request_strike_off": Grant("ask to take it off the account", _clerk()),
    "list_unclosed": Grant("list as unclosed", _clerk()),
    "appeal": Grant("ask that it be not counted", _clerk()),
    "request_termination": Grant("ask that it be ended", _centre(Role.REVIEWER)),
    "withdraw": Grant("take it back for the citizen", _centre(Role.AGENT)),
    # signals
    "decide": Grant("answer an approval", _all(Relation.APPROVER)),
    "adopt_policy": Grant("move an order to another rule book", _centre(Role.ADMIN)),
    "adopt_calendar": Grant("have an order reckon with another calendar", _centre(Role.ADMIN)),
    "report_undelivered": Grant("say that a notice did not arrive", {Role.SYSTEM: Relation.REGIME}),
    # orders
    "take_in": Grant("take in a demand", _centre(*WHO_TAKE_IN)),
    "find_orders": Grant("list orders", SEES),
    "see_order": Grant("look at an order, its timeline, deadlines, messages and proposal", SEES),
    "see_confidential": Grant(
        "do any of this with a confidential order", _all(Relation.VIEWER) | _centre(Role.HOTLINE_DIRECTOR)
    ),
    "see_citizen": Grant(
        "see a citizen in full, as far as the work needs it (`domain.privacy`)",
        _centre(*WHO_TAKE_IN, Role.CALLBACK_STAFF) | dict.fromkeys(UNIT_ROLES, Relation.UNIT),
    ),
    "read_citizen_texts": Grant("read what a citizen answered in their own words", _centre(*CENTRE)),
    "name_complained_of": Grant("say of which unit an order complains", _centre(*INTAKE, Role.HOTLINE_DIRECTOR)),
    "name_viewers": Grant("say who sees a confidential order", _centre(Role.DISPATCHER, Role.HOTLINE_DIRECTOR)),
    "find_approvals": Grant("list what one has to decide", _all(Relation.APPROVER)),
    # evidence
    "bring_evidence": Grant("upload a file, for an order that one sees or for later", SEES),
    "see_evidence": Grant("list, look at and open the files of orders that one sees", SEES),
    "see_own_evidence": Grant("the same with one's own files that no order has yet", _all(Relation.OWN)),
    # telephone
    "see_telephone_queues": Grant("see whom to telephone, and texts that came in", _centre(*WHO_TELEPHONE)),
    "finish_call_task": Grant("say that somebody was telephoned", _centre(*WHO_TELEPHONE)),
    # rules and the city
    "see_catalogue": Grant("see units and rule books", _all(Relation.REGIME)),
    "see_city_messages": Grant(
        "see what became of the city's messages, have one tried again", _centre(Role.HOTLINE_DIRECTOR, Role.ADMIN)
    ),
    "read_city_message": Grant("read a message of the city, which names the citizen", _centre(Role.HOTLINE_DIRECTOR)),
    # accounts
    "manage_own_account": Grant(
        "change one's password and second factor, see and end one's sessions", _all(Relation.OWN)
    ),
    "manage_accounts": Grant("add, change, lock out and let in accounts", _centre(Role.ADMIN)),
    # the audit trail of the installation
    "read_acts": Grant("read what people did, and the daily anchors", _centre(*WHO_WATCH)),
    "read_acts_of_order": Grant("read who looked at an order", _centre(*WHO_WATCH, Role.HOTLINE_DIRECTOR)),
    # doors without a token
    "sign_in": Grant("exchange a name and password for a token", {}, Door.OPEN),
    "see_health": Grant("ask whether the process works", {}, Door.OPEN),
    "see_documentation": Grant("read what the interface is", {}, Door.OPEN),
    "open_link": Grant("open a file by a link that was handed out", {}, Door.SEALED),
    "report_from_outside": Grant("post as the provider or the city platform", {}, Door.SEALED),
    "use_public_interface": Grant("Open311: read what is public, send in with a key", {}, Door.SEALED),
}


def relation(act: str, role: Role) -> Relation | None:
    """How far a role reaches in an act; None where it may not do it at all. Raises KeyError for no act of the table."""
    return TABLE[act].to.get(role)


def require(act: str, role: Role) -> Relation:
    """How far the role reaches. Raises Refused(not_permitted) where it does not stand in the row."""
    found = relation(act, role)
    if found is None:
        raise Refused(Code.NOT_PERMITTED, f"{label(role)}无权执行此操作（{act}）")
    return found


def reaches(
    act: str,
    role: Role,
    *,
    regime: str | None,
    unit: str | None,
    of_regime: str | None,
    of_units: Collection[str | None],
) -> bool:
    """Whether a grant reaches what belongs to this regime and these units.

    `regime` and `unit` are those of the person; without a regime they serve every one, without a unit none is theirs.
    """
    far = relation(act, role)
    if far is None or regime not in (None, of_regime):
        return False
    return (unit is not None and unit in of_units) if far is Relation.UNIT else True


def sees_every_confidential(role: Role) -> bool:
    """Whether confidential orders are open to a role without its being named (NA-07)."""
    return relation("see_confidential", role) is Relation.REGIME
