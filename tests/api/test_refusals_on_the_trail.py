"""Refusals are on the trail in clear for ever: they name the fault and quote no free text."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import String, cast, select

from adapters.database.encryption import Keyring
from adapters.database.engine import Database
from adapters.database.tables import Table
from application.orders.command_bodies import COMMAND_BODIES
from domain.order.commands import COMMANDS
from domain.permissions import TABLE
from tests.api.callers import Caller, problem
from tests.api.conftest import DATA_KEY, Installation
from tests.api.test_poison import USERS

SignIn = Callable[[str], Caller]
NAME, PHONE = "王金丝雀", "13987650011"
SAID = f"{NAME}{PHONE}家住金雀街一百零九号"
DASHED = "139-8765-0011"
NAMES: list[Any] = [SAID, DASHED, [SAID, PHONE], [{"unit": SAID}]]
"""Values with the shape of an id or a list of ids, which are refused when they are looked up."""

SHAPES: list[Any] = [SAID * 1000, {SAID: SAID}, {PHONE: SAID * 1000}, [{"unit": "housing", SAID: SAID}]]
"""Values of a wrong shape."""


async def told(installation: Installation, no: str) -> list[str]:
    """The stored content of each row of the trail."""
    trail = Table.metadata.tables["audit_trail"]
    database = Database(installation.settings.database_url, Keyring(DATA_KEY), pool_size=1)
    try:
        async with database.session() as session:
            found = select(cast(trail.c.data, String)).where(trail.c.order_no == no).order_by(trail.c.position)
            return list(await session.scalars(found))
    finally:
        await database.dispose()


@pytest.mark.parametrize("do", COMMANDS)
async def test_what_was_written_into_a_wrong_field_is_not_quoted(
    caller: SignIn, installation: Installation, do: str
) -> None:
    no = caller("agent").open()
    role = min(role.value for role in TABLE[do].to if role.value in USERS)
    if role == "unit_clerk":  # a clerk does not see the order before dispatch
        assert caller("dispatcher").do(no, "dispatch", units=[{"unit": "housing"}]).status_code == 200
    fields = COMMAND_BODIES[do].model_fields
    bodies: list[dict[str, Any]] = [{SAID: SAID, PHONE: PHONE}, *(dict.fromkeys(fields, value) for value in SHAPES)]
    bodies += [{field: value} for field in fields for value in NAMES]
    answers = [await asyncio.to_thread(caller(USERS[role]).do, no, do, **body) for body in bodies]
    assert any(answer.status_code == 422 for answer in answers)
    rows = await told(installation, no)
    assert any('"code": "invalid"' in row for row in rows)
    quoting = [row for row in rows if any(part in row for part in (NAME, PHONE, DASHED))]
    assert quoting == []


def test_a_name_that_is_one_is_still_named(caller: SignIn) -> None:
    no = caller("agent").open()
    unknown = caller("dispatcher").do(no, "dispatch", units=[{"unit": "bureau_of_wishes"}])
    assert "bureau_of_wishes" in problem(unknown, 404, "unknown_unit")["detail"]
    for do, field in (("merge", "into"), ("join", "order")):
        other = caller("dispatcher").do(no, do, **{field: "20261123-999999"})
        assert "20261123-999999" in problem(other, 404, "unknown_order")["detail"]


def test_a_refusal_has_its_moment_by_the_clock_of_the_order(caller: SignIn) -> None:
    """Refusals by the API and by the order have whole seconds, and never go back in time."""
    no = caller("agent").open()
    dispatcher = caller("dispatcher")
    dispatcher.do(no, "dispatch", units=[{"unit": "bureau_of_wishes"}])
    dispatcher.do(no, "dispatch")
    dispatcher.do(no, "dispatch", units=[{"unit": "housing"}])
    rows = dispatcher.get(f"/work-orders/{no}/timeline").json()
    assert [row["code"] for row in rows if row["event"] == "refused"] == ["unknown_unit", "missing_field"]
    moments = [datetime.fromisoformat(row["at"]) for row in rows]
    assert moments == sorted(moments) and not any(moment.microsecond for moment in moments)
