"""The access matrix: every role at every route, with own and foreign objects and invalid tokens.

The expected answers follow from `domain.permissions.TABLE`; a route that is missing there fails.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute

from adapters.settings.settings import ROOT
from api.app import PREFIX, create_app
from api.auth.identity import signed_in as bearer_of
from api.auth.route_acts import ACTS, CHECKED_AFTER_LOOKUP
from domain.order.commands import COMMANDS
from domain.permissions import CENTRE, STAFF, TABLE, Authentication, sees_every_confidential
from domain.words import Role
from tests.api.askers import MINE, OTHER_REGIME, REGIME, Town, orders, town
from tests.api.callers import DEMAND

__all__ = ["orders", "town"]

Answer = tuple[int, str]

BAD = ("no token", "expired", "wrong audience", "forged")
NO_TOKEN, NOT_PERMITTED = (401, "not_authenticated"), (403, "not_permitted")
AT_ONCE = 8


class Probe(NamedTuple):
    """A request to a route that changes nothing, and its answer to permitted callers."""

    answer: Answer
    body: Any = None
    query: dict[str, str] = {}
    hidden: str | None = None
    """The code of its 404 for objects of others; None if it concerns no object."""
    also: str | None = None
    """A further act that must be permitted."""


ORDER = Probe((200, ""), hidden="unknown_order")
LIST = Probe((200, ""))
PROBES: dict[str, Probe] = {
    **{
        f"POST /work-orders/{{no}}/commands/{do}": Probe((422, "invalid"), {"nonsense": 1}, hidden="unknown_order")
        for do in (*COMMANDS, "{command}")
    },
    "POST /work-orders": Probe((422, "missing_field"), {}),
    "GET /work-orders": LIST,
    "GET /work-orders/{no}": ORDER,
    "POST /work-orders/lookup": Probe((200, ""), {"phone": "13900000000"}, also="see_citizen"),
    "POST /work-orders/{no}/unmask": Probe(
        (422, "missing_field"), {"reason": "。", "fields": ["phone"]}, hidden="unknown_order"
    ),
    "PUT /work-orders/{no}/complained-of": Probe(
        (404, "unknown_unit"), {"unit": "no_such_unit"}, hidden="unknown_order"
    ),
    **{f"GET /work-orders/{{no}}/{part}": ORDER for part in ("timeline", "deadlines", "proposal", "messages")},
    "GET /work-orders/{no}/viewers": Probe((422, "not_allowed"), hidden="unknown_order"),
    "POST /work-orders/{no}/viewers": Probe((422, "not_allowed"), {"username": "inspection"}, hidden="unknown_order"),
    "DELETE /work-orders/{no}/viewers/{username}": Probe((422, "not_allowed"), hidden="unknown_order"),
    "GET /approvals": LIST,
    "POST /approvals/{id}/decision": Probe(
        (404, "unknown_unit"), {"decision": "reject", "proposed_unit": "no_such_unit"}, hidden="not_found"
    ),
    "POST /attachments": Probe((422, "missing_field"), hidden="unknown_order"),
    "GET /attachments": Probe((200, ""), None, {"order": "{no}"}, "unknown_order"),
    "GET /attachments/{id}": Probe((200, ""), hidden="not_found"),
    "POST /attachments/{id}/link": Probe((200, ""), {}, hidden="not_found"),
    "GET /callbacks": LIST,
    "GET /call-tasks": LIST,
    "GET /call-tasks?reveal": Probe((200, ""), None, {"reveal": "true"}, also="see_citizen"),
    "POST /call-tasks/{key}/done": Probe((200, ""), {}, hidden="not_found"),
    "GET /inbound-messages": LIST,
    "GET /units": LIST,
    "GET /policies": LIST,
    "GET /policies/{id}": LIST,
    "GET /city/messages": LIST,
    "GET /city/messages/{id}": Probe((200, ""), hidden="not_found"),
    "POST /city/messages/{id}/retry": Probe((409, "already_done"), hidden="not_found"),
    "GET /account": LIST,
    "GET /account/sessions": LIST,
    "DELETE /account/sessions/{id}": Probe((403, "proof_required")),
    "POST /account/sessions/{id}/end": Probe((422, "missing_field"), {}),
    "POST /account/password": Probe((422, "missing_field"), {}),
    "POST /account/totp": Probe((422, "missing_field"), {}),
    "POST /account/totp/confirm": Probe((422, "missing_field"), {}),
    "GET /audit/acts": LIST,
    "GET /audit/anchors": LIST,
    "GET /work-orders/{no}/acts": ORDER,
    "GET /users": LIST,
    "POST /users": Probe((422, "missing_field"), {}),
    "PATCH /users/{name}": Probe((422, "invalid"), {"nonsense": 1}),
    # without a token
    "POST /token": Probe((422, "missing_field"), {}),
    "GET /health/live": LIST,
    "GET /health/ready": LIST,
    **{f"GET /{page}": LIST for page in ("openapi.json", "docs", "docs/oauth2-redirect")},
    "GET /files/{token}": Probe((404, "not_found")),
    "POST /webhooks/city": Probe((401, "not_authenticated"), {}),
    "POST /webhooks/sms": Probe((403, "bad_signature"), {}),
    "POST /webhooks/sms/status": Probe((403, "bad_signature"), {}),
    "POST /webhooks/voice": Probe((403, "bad_signature"), {}),
    "POST /webhooks/voice/answer": Probe((403, "bad_signature"), {}),
    "POST /webhooks/voice/status": Probe((403, "bad_signature"), {}),
    "GET /open311/v2/discovery.{fmt}": LIST,
    "GET /open311/v2/services.{fmt}": Probe((200, ""), None, {"jurisdiction_id": REGIME}),
    "GET /open311/v2/services/{service_code}.{fmt}": Probe((404, ""), None, {"jurisdiction_id": REGIME}),
    "POST /open311/v2/requests.{fmt}": Probe((403, "")),
    "GET /open311/v2/requests.{fmt}": Probe((200, ""), None, {"jurisdiction_id": REGIME}),
    "GET /open311/v2/requests/{no}.{fmt}": Probe((404, ""), None, {"jurisdiction_id": REGIME}),
    "GET /open311/v2/tokens/{token}.{fmt}": Probe((404, ""), None, {"jurisdiction_id": REGIME}),
}


def expected(name: str, role: Role, case: str) -> Answer:
    """The answer that the table prescribes."""
    probe, act = PROBES[name], ACTS[name.partition("?")[0]]
    if TABLE[act].door is not Authentication.TOKEN:
        return probe.answer
    if case in BAD:
        return NO_TOKEN
    permitted = role in TABLE[act].to and (probe.also is None or role in TABLE[probe.also].to)
    if role not in TABLE[act].to and act not in CHECKED_AFTER_LOOKUP:
        return NOT_PERMITTED
    if act == "take_in" and case == "foreign order":
        return NOT_PERMITTED
    if probe.hidden is not None and not seen(name, role, case):
        return 404, probe.hidden
    if not permitted:
        return NOT_PERMITTED
    if act == "name_viewers" and case == "confidential":
        return 200, ""
    return probe.answer


def seen(name: str, role: Role, case: str) -> bool:
    if name.startswith(("GET /city", "POST /city")) and case != "confidential":  # belong to a regime, not to a unit
        return case != "foreign order"
    if case == "confidential":
        return sees_every_confidential(role)
    return case == "own" or (case == "foreign unit" and role in CENTRE)


async def ask(town: Town, name: str, role: Role, case: str) -> Answer:
    method, _, path = name.partition("?")[0].partition(" ")
    there = town.there.get(case, town.there["own"])
    id_ = there.approval if "approvals" in path else there.message if "city" in path else there.file
    if "policies" in path:
        id_ = REGIME
    names = {
        "no": there.no,
        "id": id_,
        "key": there.task,
        "command": "nonsense",
        "username": "nobody",
        "name": "nobody",
    }
    where = path.format(**names, token="x", fmt="json", service_code="x")  # noqa: S106 (no token)
    outside = path.startswith(("/open311", "/openapi", "/docs"))
    probe, more = PROBES[name], dict[str, Any]()
    if name == "POST /attachments":
        more["files"] = {"order": (None, there.no)}
    elif name == "POST /work-orders" and case == "foreign order":
        more["json"] = DEMAND | {"policy": OTHER_REGIME}
    elif probe.body is not None:
        more["json"] = probe.body
    query = {key: value.format(no=there.no) for key, value in probe.query.items()}
    token = town.tokens.get((case, role))
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = await town.http.request(
        method, where if outside else PREFIX + where, params=query, headers=headers, **more
    )
    if answer.is_success or outside:
        return answer.status_code, ""
    return answer.status_code, answer.json()["code"]


def routes(app: FastAPI) -> Iterator[tuple[str, BaseRoute]]:
    """Every route of the application by method and path."""
    for context in iter_route_contexts(app.routes):
        path = (context.path_format or context.path or "").removeprefix(PREFIX)
        for method in (context.methods or set()) - {"HEAD"}:
            yield f"{method} {path}", context.original_route


def test_every_route_is_an_act_of_the_table() -> None:
    named = {name for name, _ in routes(create_app())}
    assert named == set(ACTS), "a route without a row in api/auth/route_acts.py, or a row without a route"
    assert set(ACTS.values()) <= set(TABLE)
    assert {name.partition("?")[0] for name in PROBES} == named, "a route that the matrix does not ask"


def test_every_row_of_the_table_is_asked_for_somewhere() -> None:
    asked = {*COMMANDS, *ACTS.values()}
    folders = (ROOT / "api", ROOT / "workflows", ROOT / "domain")
    code = "".join(
        path.read_text("utf-8").partition("TABLE: Final")[0] for each in folders for path in each.rglob("*.py")
    )
    code += (ROOT / "domain" / "permissions.py").read_text("utf-8").partition("def relation(")[2]
    assert {act for act in TABLE if act not in asked and f'"{act}"' not in code} == set()


def test_a_route_asks_for_a_token_unless_its_row_says_that_it_stands_open() -> None:
    for name, route in routes(create_app()):
        dependant = getattr(route, "dependant", None)
        asks = dependant is not None and any(each.call is bearer_of for each in flat(dependant))
        assert asks == (TABLE[ACTS[name]].door is Authentication.TOKEN), name


def flat(dependant: Any) -> Iterator[Any]:
    yield dependant
    for each in dependant.dependencies:
        yield from flat(each)


def matrix() -> Iterator[tuple[str, Role, str]]:
    """Every combination of role, route and case; combinations with equal answers once."""
    for name in PROBES:
        door = TABLE[ACTS[name.partition("?")[0]]].door
        for role in sorted(STAFF):
            for case in (*MINE, *BAD):
                anybody = role is Role.AGENT
                if anybody or (case != "no token" if door is Authentication.TOKEN else case == "own"):
                    yield name, role, case


@pytest.mark.repetitive
@pytest.mark.timeout(900)
async def test_every_role_at_every_route_is_answered_as_the_table_says(town: Town) -> None:
    cells = list(matrix())
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(cell: tuple[str, Role, str]) -> str | None:
        async with limit:
            found, wanted = await ask(town, *cell), expected(*cell)
        return None if found == wanted else f"{cell}: {found}, not {wanted}"

    wrong = [said for said in await asyncio.gather(*map(one, cells)) if said is not None]
    assert not wrong, f"{len(wrong)} of {len(cells)}:\n" + "\n".join(wrong[:30])
    kinds = Counter(expected(*cell)[0] for cell in cells)
    assert min(kinds[status] for status in (200, 401, 403, 404)) > 100, kinds


LISTS = {
    "/work-orders": "no",
    "/approvals": "order",
    "/call-tasks": "order",
    "/city/messages": "no",
}


@pytest.mark.parametrize("path", LISTS)
async def test_a_list_shows_what_is_theirs(town: Town, path: str) -> None:
    cases = {there.no: case for case, there in town.there.items()}
    for role in sorted(STAFF):
        headers = {"Authorization": f"Bearer {town.tokens['own', role]}"}
        shown: set[str] = set()
        cursor: str | None = ""
        while cursor is not None:
            query = {"limit": "200"} | ({"cursor": cursor} if cursor else {})
            page = await town.http.get(PREFIX + path, params=query, headers=headers)
            if page.status_code == 403:
                assert role not in TABLE[ACTS[f"GET {path}"]].to
                break
            body = page.raise_for_status().json()
            shown |= {row[LISTS[path]] for row in body["items"]}
            cursor = body["next"]
        theirs = {cases[no] for no in shown & set(cases)}
        allowed = {case for case in MINE if seen(f"GET {path}", role, case)}
        assert theirs <= allowed, (role, theirs)
        if path == "/work-orders":
            assert theirs == allowed, (role, theirs)
