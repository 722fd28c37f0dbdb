"""Every field of every command and of intake with bad values: the server never answers 500."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from application.orders.command_bodies import COMMAND_BODIES
from application.orders.intake import OrderRequest
from domain.order.commands import COMMANDS
from domain.permissions import TABLE
from tests.api.callers import DEMAND, Caller

SignIn = Callable[[str], Caller]
VALUES: list[Any] = [
    None,
    True,
    -1,
    10**400,
    1e308,
    float("nan"),
    float("inf"),
    "",
    "\x00",
    "\ud800",
    "\u202eلا😀",
    "x" * 30_000,
    "0001-01-01",
    "9999-12-31T23:59:59.999999-12:00",
    [],
    [[None]],
    [{"unit": "\x00", "part": 5}],
    {},
    {"\x00": "\x00"},
    {"handling": {"a": 1}},
]
USERS = {
    "agent": "agent",
    "dispatcher": "dispatcher",
    "unit_clerk": "clerk-housing",
    "reviewer": "reviewer",
    "callback_staff": "callback_staff",
    "supervisor": "supervisor",
}


def post(who: Caller, path: str, body: Any) -> None:
    answer = who.http.post(path, content=json.dumps(body), headers={"Content-Type": "application/json"})
    assert answer.status_code < 500, (path, str(body)[:200], answer.text)
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"], (path, str(body)[:200])


@pytest.mark.parametrize("do", COMMANDS)
def test_no_value_of_a_command_is_too_much(caller: SignIn, do: str) -> None:
    no = caller("agent").open()
    who = caller(USERS[min(role.value for role in TABLE[do].to if role.value in USERS)])
    for field in COMMAND_BODIES[do].model_fields:
        for value in VALUES:
            post(who, f"/work-orders/{no}/commands/{do}", {field: value})
    timeline = caller("admin").get(f"/work-orders/{no}/timeline")
    assert timeline.status_code == 200
    assert caller("admin").get(f"/work-orders/{no}").json()["stage"] in {"intake", "closed", "archived"}


def test_no_value_of_an_intake_is_too_much(caller: SignIn) -> None:
    for field in [*OrderRequest.model_fields, "policy"]:
        for value in VALUES:
            post(caller("agent"), "/work-orders", DEMAND | {field: value})
    for field in ("name", "phone", "address", "id_number"):
        for value in VALUES:
            post(caller("agent"), "/work-orders", DEMAND | {"citizen": {field: value}})
