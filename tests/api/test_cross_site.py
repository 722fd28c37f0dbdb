"""Cross-site requests change nothing: every writing route of the application, with every kind of credentials."""

from collections.abc import AsyncIterator
from typing import Final

import httpx
import pytest

from adapters.database.engine import Database
from api.app import PREFIX, create_app
from api.auth.route_acts import ACTS
from api.middleware.cross_site import SAFE
from domain.permissions import TABLE, Authentication
from tests.api.door import door, token
from tests.api.test_access import routes
from tests.api.test_door import DESK, EVIL
from tests.api.test_signing_in import person

Headers = dict[str, str]
OWN: Final = "http://jiesu"
SEALED: Final = {
    *("POST /webhooks/city", "POST /webhooks/sms", "POST /webhooks/sms/status"),
    *("POST /webhooks/voice", "POST /webhooks/voice/answer", "POST /webhooks/voice/status"),
    "POST /open311/v2/requests.{fmt}",
}
"""The only writes permitted from other sites: they need a signature or key in the message, which no browser adds.
`POST /token` is not among them: a page must not sign its visitor in as somebody else."""

OTHER_SITES: Final[tuple[Headers, ...]] = (
    {"Origin": EVIL},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://other.jiesu"},
    {"Sec-Fetch-Site": "cross-site"},
)
OURS: Final[tuple[Headers, ...]] = (
    {},
    {"Origin": OWN},
    {"Sec-Fetch-Site": "same-origin", "Origin": OWN},
)


def writes() -> list[str]:
    """Every route that may change something, by method and path."""
    return sorted(name for name, _ in routes(create_app()) if name.partition(" ")[0] not in SAFE)


@pytest.fixture(scope="module")
async def http(module_database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with door(module_database, JIESU_CORS_ORIGINS=DESK) as client:
        yield client


@pytest.fixture(scope="module")
async def shown(http: httpx.AsyncClient, module_database: Database) -> dict[str, Headers]:
    """Credentials that a browser may add by itself or for a page, and others."""
    bearer = await token(http, await person(module_database, "admin"))
    cookie = {"Cookie": f"__Host-session={bearer['Authorization'].removeprefix('Bearer ')}"}
    return {"nothing": {}, "a token": bearer, "a cookie": cookie}


async def ask(http: httpx.AsyncClient, name: str, headers: Headers) -> str:
    """The code of the answer, '' if it has none."""
    method, _, path = name.partition(" ")
    names = dict.fromkeys(("no", "id", "key", "command", "username", "name"), "nobody") | {"fmt": "json"}
    where = path.format(**names)
    url = f"{OWN}{where}" if where.startswith("/open311") else f"{OWN}{PREFIX}{where}"
    answer = await http.request(method, url, headers=headers, content=b"")
    assert answer.status_code >= 400, (name, answer.status_code)
    document = answer.json()
    return document["code"] if isinstance(document, dict) else ""


def test_the_exceptions_are_what_brings_its_own_proof_and_nothing_else() -> None:
    assert {name for name in writes() if TABLE[ACTS[name]].door is Authentication.SEALED} == SEALED
    assert "POST /token" in writes() and len(writes()) > 40


async def test_every_write_is_held_by_the_rule_whatever_is_shown(
    http: httpx.AsyncClient, shown: dict[str, Headers]
) -> None:
    wrong = []
    for name in writes():
        for what, headers in shown.items():
            for site in (*OTHER_SITES, *OURS):
                refused = await ask(http, name, headers | site) == "cross_site"
                if refused != (site in OTHER_SITES and name not in SEALED):
                    wrong.append((name, what, site))
    assert not wrong, wrong[:10]


async def test_where_pages_of_others_may_write_nobody_is_believed_for_a_token_or_a_cookie(
    http: httpx.AsyncClient, shown: dict[str, Headers]
) -> None:
    for name in sorted(SEALED):
        answers = {await ask(http, name, headers | {"Origin": EVIL}) for headers in shown.values()}
        assert len(answers) == 1 and answers <= {"bad_signature", "not_authenticated", "invalid", ""}, (name, answers)


async def test_a_listed_page_acts_by_what_it_was_given_and_never_by_a_cookie(
    http: httpx.AsyncClient, shown: dict[str, Headers]
) -> None:
    for site in ({"Origin": DESK}, {"Origin": DESK, "Sec-Fetch-Site": "cross-site"}):
        codes = {what: await ask(http, "POST /users", headers | site) for what, headers in shown.items()}
        assert codes == {
            "nothing": "not_authenticated",
            "a token": "missing_field",
            "a cookie": "cross_site",
        }
