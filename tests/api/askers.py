"""The callers and objects of the access matrix: valid and invalid tokens, and orders and files of every case."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import httpx
import jwt
import pytest
from fastapi import FastAPI

from adapters.database.accounts.users import Account
from adapters.database.orders.attachments import NewFile
from api.app import PREFIX, create_app
from application.services import Services
from domain.permissions import STAFF
from domain.words import UNIT_ROLES, Role
from tests.api.callers import PASSWORD, Caller
from tests.api.conftest import Installation

SignIn = Callable[[str], Caller]

REGIME, OTHER_REGIME, UNIT, OTHER_UNIT = "gaotai", "huojia", "housing", "water"
MINE = ("own", "foreign unit", "foreign order", "confidential")
"""Cases of the requested object, from the view of a person of `UNIT` in `REGIME`."""


class Belongings(NamedTuple):
    """The objects of one case."""

    no: str
    approval: str
    file: str
    task: str
    message: str


class Town(NamedTuple):
    """The application, tokens by case and role, and the objects of each case."""

    app: FastAPI
    http: httpx.AsyncClient
    tokens: dict[tuple[str, Role], str]
    there: dict[str, Belongings]


@pytest.fixture(scope="module")
def orders(caller: SignIn) -> dict[str, str]:
    """An order for each case, each with an open approval."""
    return {
        "own": asked(caller, UNIT, REGIME),
        "foreign unit": asked(caller, OTHER_UNIT, REGIME),
        "foreign order": asked(caller, f"{UNIT}@{OTHER_REGIME}", OTHER_REGIME),
        "confidential": asked(caller, UNIT, REGIME, confidential=True, viewers=["dispatcher", f"clerk-{UNIT}"]),
    }


def asked(caller: SignIn, office: str, regime: str, **fields: Any) -> str:
    no = caller("agent").open(policy=regime, **fields)
    unit = office.partition("@")[0]
    assert caller("dispatcher").do(no, "dispatch", units=[{"unit": unit}]).status_code == 200
    clerk = caller(f"clerk-{office}")
    clerk.do(no, "sign")
    why = {"reason": "不属于本单位职责", "basis": "三定方案", "signed_by": ["unit_principal_leader"]}
    returned = clerk.do(no, "request_return", **why)
    assert returned.status_code == 200, returned.text
    return no


@pytest.fixture(scope="module")
async def town(installation: Installation, orders: dict[str, str]) -> AsyncIterator[Town]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEMPORAL_ADDRESS", installation.temporal.address)
        app = create_app(installation.settings)
        async with app.router.lifespan_context(app):
            http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api", timeout=60)
            there = {case: await belongings(app.state.services, case, no) for case, no in orders.items()}
            tokens = await signed_in(app.state.services, http)
            yield Town(app, http, tokens, there)
            await http.aclose()


async def belongings(services: Services, case: str, no: str) -> Belongings:
    order = await services.orders.get(no)
    assert order is not None
    about = {"name": "1.jpg", "media_type": "image/jpeg", "size": 1, "sha256": "0" * 64, "object_key": "k"}
    file = await services.attachments.add(NewFile.model_validate(about | {"order_no": no, "uploaded_by": "nobody"}))
    task, message = f"{no}:N1:call_task", f"access-{no}"
    of = {"realm": "", "regime": order.regime, "template": "dispatch", "to_role": "unit_clerk", "unit": UNIT}
    await services.call_tasks.open(task, no, **of, party=None)
    await services.city_messages.keep(message, "order", "{}", "outbox")
    await services.city_messages.about(message, regime=order.regime, order_no=no)
    await services.city_messages.finish(message, "taken")
    return Belongings(no, f"{no}:A1", file, task, message)


async def signed_in(services: Services, http: httpx.AsyncClient) -> dict[tuple[str, Role], str]:
    """A valid token of every role, and for each an expired, a forged, and one for another audience."""
    names = {role: f"matrix-{role}" for role in STAFF}
    unit = {role: UNIT if role in UNIT_ROLES else None for role in STAFF}
    accounts = [
        Account(username=names[role], role=role, unit=unit[role], regime=REGIME, display=role) for role in STAFF
    ]
    await services.users.ensure(accounts, PASSWORD)
    tokens: dict[tuple[str, Role], str] = {}
    for role in STAFF:
        answer = await http.post(f"{PREFIX}/token", data={"username": names[role], "password": PASSWORD})
        token = answer.raise_for_status().json()["access_token"]
        tokens |= {(case, role): token for case in MINE}
        claims = jwt.decode(token, options={"verify_signature": False})
        secret, past = services.settings.secret_key, datetime.now(UTC) - timedelta(minutes=5)
        tokens["expired", role] = jwt.encode(claims | {"exp": past}, secret, algorithm="HS256")
        tokens["wrong audience", role] = jwt.encode(claims | {"aud": "somebody-else"}, secret, algorithm="HS256")
        tokens["forged", role] = jwt.encode(claims, f"not-{secret}", algorithm="HS256")
        # The claims themselves are valid: signed correctly, they are accepted.
        again = {"Authorization": f"Bearer {jwt.encode(claims, secret, algorithm='HS256')}"}
        assert (await http.get(f"{PREFIX}/units", headers=again)).status_code == 200
    return tokens
