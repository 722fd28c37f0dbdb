"""The table of permissions, used by the API and by the workflow of an order: which role may do which act, and how far.

An act is a command (docs/glossary.md), a signal, or the act of a route (`api.auth.route_acts`). A role that is not in
the row of an act may not do it. `docs/access.md` is generated from this table. The roles of the stages of an approval
are in `policies.yaml`.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from domain.labels import label
from domain.refusal import Code, Refused
from domain.words import UNIT_ROLES, Role


class Relation(StrEnum):
    """The scope of a grant: the relation that a person must have to the thing they act on."""

    REGIME = "regime"
    """Everything of the regime that the person serves, or of every regime if they serve all."""
    UNIT = "unit"
    """Orders that the person's unit has or has had."""
    OWN = "own"
    """The person's own: the order of a citizen, uploaded files that belong to no order yet."""
    APPROVER = "approver"
    """Approvals of orders that the person sees, whose open stage names their role, and that they did not request."""
    VIEWER = "viewer"
    """Confidential orders that the person took in or was named a viewer of (NA-07)."""


class Authentication(StrEnum):
    """How a request authenticates."""

    TOKEN = "token"  # noqa: S105 (a word)
    OPEN = "open"
    SEALED = "sealed"
    """A signature or key that the route itself checks: for machines, and for links that were handed out."""


class Grant(NamedTuple):
    """A row of the table: what is done, the permitted roles with their scope, and how the request authenticates."""

    says: str
    to: Mapping[Role, Relation]
    door: Authentication = Authentication.TOKEN


STAFF: Final = frozenset(Role) - {Role.CITIZEN, Role.CLOCK, Role.SYSTEM}
"""Roles that can have a token: the staff, and the people of the city platform."""
CENTRE: Final = STAFF - UNIT_ROLES
INTAKE: Final = (Role.AGENT, Role.DISPATCHER)
INTAKE_ROLES: Final = (*INTAKE, Role.HOTLINE_DIRECTOR, Role.CITY_PLATFORM)
CALLBACK_ROLES: Final = (Role.CALLBACK_STAFF, Role.SUPERVISOR, Role.HOTLINE_DIRECTOR)

AUDIT_ROLES: Final = (Role.ADMIN, Role.INSPECTION)


def _centre(*roles: Role) -> dict[Role, Relation]:
    return dict.fromkeys(roles, Relation.REGIME)


def _clerk() -> dict[Role, Relation]:
    return {Role.UNIT_CLERK: Relation.UNIT}


def _all(relation: Relation) -> dict[Role, Relation]:
    return dict.fromkeys(STAFF, relation)


ORDER_READERS: Final = _centre(*CENTRE) | dict.fromkeys(UNIT_ROLES, Relation.UNIT)

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
    "take_in": Grant("take in a demand", _centre(*INTAKE_ROLES)),
    "find_orders": Grant("list orders", ORDER_READERS),
    "see_order": Grant("look at an order, its timeline, deadlines, messages and proposal", ORDER_READERS),
    "see_confidential": Grant(
        "do any of this with a confidential order", _all(Relation.VIEWER) | _centre(Role.HOTLINE_DIRECTOR)
    ),
    "see_citizen": Grant(
        "see a citizen in full, as far as the work needs it (`domain.privacy`)",
        _centre(*INTAKE_ROLES, Role.CALLBACK_STAFF) | dict.fromkeys(UNIT_ROLES, Relation.UNIT),
    ),
    "read_citizen_texts": Grant("read what a citizen answered in their own words", _centre(*CENTRE)),
    "name_complained_of": Grant("say of which unit an order complains", _centre(*INTAKE, Role.HOTLINE_DIRECTOR)),
    "name_viewers": Grant("say who sees a confidential order", _centre(Role.DISPATCHER, Role.HOTLINE_DIRECTOR)),
    "find_approvals": Grant("list what one has to decide", _all(Relation.APPROVER)),
    # evidence
    "bring_evidence": Grant("upload a file, for an order that one sees or for later", ORDER_READERS),
    "see_evidence": Grant("list, look at and open the files of orders that one sees", ORDER_READERS),
    "see_own_evidence": Grant("the same with one's own files that no order has yet", _all(Relation.OWN)),
    # telephone
    "see_telephone_queues": Grant("see whom to telephone, and texts that came in", _centre(*CALLBACK_ROLES)),
    "finish_call_task": Grant("say that somebody was telephoned", _centre(*CALLBACK_ROLES)),
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
    "read_acts": Grant("read what people did, and the daily anchors", _centre(*AUDIT_ROLES)),
    "read_acts_of_order": Grant("read who looked at an order", _centre(*AUDIT_ROLES, Role.HOTLINE_DIRECTOR)),
    # without a token
    "sign_in": Grant("exchange a name and password for a token", {}, Authentication.OPEN),
    "see_health": Grant("ask whether the process works", {}, Authentication.OPEN),
    "see_documentation": Grant("read what the interface is", {}, Authentication.OPEN),
    "open_link": Grant("open a file by a link that was handed out", {}, Authentication.SEALED),
    "report_from_outside": Grant("post as the provider or the city platform", {}, Authentication.SEALED),
    "use_public_interface": Grant("Open311: read what is public, send in with a key", {}, Authentication.SEALED),
}


def relation(act: str, role: Role) -> Relation | None:
    """The scope of a role in an act; None if it may not do it. Raises KeyError for an unknown act."""
    return TABLE[act].to.get(role)


def require(act: str, role: Role) -> Relation:
    """The scope of a role in an act. Raises Refused(not_permitted) if the role is not in the row."""
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
    """Whether a grant covers things of the regime `of_regime` and the units `of_units`.

    `regime` and `unit` are the person's: None as regime means every regime, None as unit means no unit.
    """
    far = relation(act, role)
    if far is None or regime not in (None, of_regime):
        return False
    return (unit is not None and unit in of_units) if far is Relation.UNIT else True


def sees_every_confidential(role: Role) -> bool:
    """Whether a role sees confidential orders without being named a viewer (NA-07)."""
    return relation("see_confidential", role) is Relation.REGIME
