"""Writes `docs/access.md`, the table of permissions for people: `python -m api.access_page`."""

from collections.abc import Iterator
from typing import Final

from adapters.settings.settings import ROOT
from api.auth.route_acts import ACTS
from domain.permissions import STAFF, TABLE, Authentication, Grant, Relation
from domain.words import Role

FILE: Final = ROOT / "docs" / "access.md"

SIGNS: Final = {
    Relation.REGIME: "R",
    Relation.UNIT: "U",
    Relation.OWN: "O",
    Relation.APPROVER: "A",
    Relation.VIEWER: "V",
}
DOORS: Final = {
    Authentication.OPEN: "anybody",
    Authentication.SEALED: "whoever shows a signature, key or link of its own",
}
SHORT: Final = {
    Role.AGENT: "agent",
    Role.DISPATCHER: "disp.",
    Role.REVIEWER: "rev.",
    Role.CALLBACK_STAFF: "callb.",
    Role.SUPERVISOR: "superv.",
    Role.HOTLINE_DIRECTOR: "direct.",
    Role.CITY_PLATFORM: "city",
    Role.COUNTY_LEADER: "county",
    Role.INSPECTION: "insp.",
    Role.PANEL: "panel",
    Role.ADMIN: "admin",
    Role.UNIT_CLERK: "clerk",
    Role.UNIT_SECTION_HEAD: "head",
    Role.UNIT_DEPUTY_LEADER: "deputy",
    Role.UNIT_PRINCIPAL_LEADER: "princ.",
}
"""Columns: the roles of the centre, then those of a unit."""

HEAD: Final = """\
# Who may do what

Written by `python -m api.access_page` from `domain/permissions.py`, which the API and the orders' workflow ask; a test
keeps it so, and `tests/api/test_access.py` tries every role at every route.

A letter says that the role may, and how far that reaches; without one it may not:

| | reaches |
|---|---|
| R | everything of the regime that the person serves; of every regime if they serve all |
| U | orders that the person's unit has or has had |
| A | approvals of orders that they see, whose open stage names their role, and that they did not ask for themselves |
| V | confidential orders that they took in or were named for |
| O | what is their own: files that they brought and no order has yet |

Nobody does anything with an order that they do not see, and a confidential one is seen as its row says (NA-07). Which
roles sit at a stage of an approval stands in `policies.yaml` (`approvals`, `desks`). An act of somebody in a unit is
that unit's act.

Columns: the centre (`agent dispatcher reviewer callback_staff supervisor hotline_director city_platform county_leader
inspection panel admin`), then a unit (`unit_clerk unit_section_head unit_deputy_leader unit_principal_leader`). Beside
them the citizen (`citizen`) answers `record_callback` on their own order, by signed webhooks; and `system` is the
installation itself.
"""


def page() -> str:
    """The content of the file."""
    return "\n".join([HEAD, "## Acts", "", *_acts(), "", "## Doors without a token", "", *_doors(), "", *_routes(), ""])


def _acts() -> Iterator[str]:
    yield f"| act | what | {' | '.join(SHORT.values())} |"
    yield "|---|---|" + ":-:|" * len(SHORT)
    for act, grant in TABLE.items():
        if grant.door is Authentication.TOKEN:
            yield f"| `{act}` | {grant.says}{_others(grant)} | {' | '.join(_sign(grant, role) for role in SHORT)} |"


def _sign(grant: Grant, role: Role) -> str:
    found = grant.to.get(role)
    return SIGNS[found] if found is not None else ""


def _others(grant: Grant) -> str:
    others = sorted(role.value for role in grant.to if role not in STAFF)
    return f" (also {', '.join(others)})" if others else ""


def _doors() -> Iterator[str]:
    yield "| act | what | who |"
    yield "|---|---|---|"
    for act, grant in TABLE.items():
        if grant.door is not Authentication.TOKEN:
            yield f"| `{act}` | {grant.says} | {DOORS[grant.door]} |"


def _routes() -> Iterator[str]:
    yield "## Routes"
    yield ""
    yield "Below `/api/v1`, but for Open311 and the documentation. A route that does not stand here answers nobody."
    yield ""
    yield "| route | act |"
    yield "|---|---|"
    for route, act in ACTS.items():
        yield f"| `{route}` | `{act}` |"


if __name__ == "__main__":
    FILE.write_text(page(), "utf-8")
