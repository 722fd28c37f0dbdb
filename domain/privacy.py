"""The table of personal data that each role may read in full, and the reasons of refusals (HK-17, NA-06).

An order shows its citizen masked to everybody. A field in full is requested with a reason, which is recorded. The
people of the unit that is complained of never get it.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from domain.labels import label
from domain.permissions import relation
from domain.refusal import Code, Refused
from domain.words import CITY_SOURCE, UNIT_ROLES, Role


class Personal(StrEnum):
    """What is known of a citizen."""

    NAME = "name"
    PHONE = "phone"
    ADDRESS = "address"
    EMAIL = "email"
    ID_NUMBER = "id_number"


class Occasion(StrEnum):
    """The occasion of a read: a request with a reason, or work that needs the data."""

    UNMASK = "unmask"
    CALLBACK = "callback"
    CALL_TASK = "call_task"
    CITY_MESSAGE = "city_message"


_ALL: Final = frozenset(Personal)
_TO_REACH: Final = frozenset({Personal.NAME, Personal.PHONE, Personal.ADDRESS, Personal.EMAIL})

NEEDED: Final[Mapping[Role, frozenset[Personal]]] = {
    Role.AGENT: _ALL,
    Role.DISPATCHER: _ALL,
    Role.HOTLINE_DIRECTOR: _ALL,
    Role.CALLBACK_STAFF: frozenset({Personal.NAME, Personal.PHONE}),
    Role.CITY_PLATFORM: _TO_REACH,
    **dict.fromkeys(UNIT_ROLES, _TO_REACH),
}
"""Fields that each role may need: intake identifies citizens, units call and visit, callback staff call. Others: none.
"""


class ReaderRelation(NamedTuple):
    """The reader's relation to the order.

    `of_unit`: the reader belongs to a unit; `handles`: that unit handles the order now; `complained_of`: the order
    complains of that unit. `source` is the order's.
    """

    of_unit: bool
    handles: bool
    complained_of: bool
    source: str


def needs(role: Role, field: Personal) -> bool:
    """Whether a role may need this field at all."""
    return field in NEEDED.get(role, frozenset())


def require_work_with_citizens(role: Role) -> None:
    """Raises Refused(not_permitted) for a role that may read no field of a citizen in full."""
    if relation("see_citizen", role) is None:
        raise Refused(Code.NOT_PERMITTED, f"{label(role)}办理工单不需要诉求人信息", "NA-06")


def works_with_citizens(role: Role) -> bool:
    """Whether a role works with citizens; other roles read texts from which citizens are removed."""
    return bool(NEEDED.get(role))


def require_need(role: Role, fields: Iterable[Personal], standing: ReaderRelation) -> None:
    """Raises Refused(not_permitted) unless a reader with this `standing` may read each field in full."""
    if standing.of_unit and standing.complained_of:
        raise Refused(Code.NOT_PERMITTED, "被反映单位不得查看诉求人信息", "HK-17")
    if beyond := sorted(field for field in fields if not needs(role, field)):
        names = "、".join(label(field, "personal") for field in beyond)
        raise Refused(Code.NOT_PERMITTED, f"{label(role)}办理工单不需要诉求人的{names}", "NA-06")
    if standing.of_unit and not standing.handles:
        raise Refused(Code.NOT_PERMITTED, "本单位已不在办理此工单，不再需要诉求人信息", "NA-06")
    if role is Role.CITY_PLATFORM and standing.source != CITY_SOURCE:
        raise Refused(Code.NOT_PERMITTED, "市平台只能查看其交办工单的诉求人信息", "NA-06")
