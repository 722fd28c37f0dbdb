"""Claims of a provider's token in every shape: a token that does not name one person with one role is rejected."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final
from urllib.parse import quote

import httpx
import jwt
import pytest

from adapters.auth import oidc
from adapters.auth.tokens import LIFE
from adapters.database.engine import Database
from adapters.database.units import UnitDirectory
from adapters.settings.settings import Settings
from domain.units import StoredUnit
from tests.api.callers import problem
from tests.api.door import door, token
from tests.api.issuer import AUDIENCE, Issuer, issuing
from tests.api.test_signing_in import person

CLERK: Final[dict[str, Any]] = {"role": "clerk", "unit": "housing", "regime": "rugao"}


def chosen(issuer: Issuer, **more: str) -> dict[str, Any]:
    roles = {"agent": "agent", "clerk": "unit_clerk", "reviewer": "reviewer"}
    named = {"JIESU_OIDC_ISSUER": issuer.address, "JIESU_OIDC_AUDIENCE": AUDIENCE, "JIESU_OIDC_ROLES": roles}
    return {**named, **more}


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with issuing() as found:
        yield found


@pytest.fixture(scope="module")
async def http(issuer: Issuer, module_database: Database) -> AsyncIterator[httpx.AsyncClient]:
    await UnitDirectory(module_database).put_units([StoredUnit(id="housing", regime="rugao", name="住建局")])
    async with door(module_database, **chosen(issuer)) as client:
        yield client


async def account(http: httpx.AsyncClient, bearer: str) -> httpx.Response:
    return await http.get("/account", headers={"Authorization": f"Bearer {bearer}"})


@pytest.mark.parametrize("typ", ["JWT", "at+jwt", "application/at+jwt", None])
@pytest.mark.parametrize("audience", [AUDIENCE, [AUDIENCE], ["another", AUDIENCE]])
async def test_what_is_plainly_one_person_opens(
    http: httpx.AsyncClient, issuer: Issuer, typ: str | None, audience: Any
) -> None:
    assert (await account(http, issuer.token({"typ": typ}, aud=audience))).status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"role": {"agent": True}},
        {"role": [["agent"]]},
        {"role": ["agent", "clerk"]},
        {"role": "agent clerk"},
        {"role": 1},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 201},
        {"sub": "li\u202e"},
        {"sub": None},
        {"regime": []},
        {"regime": ""},
        {"regime": {}},
        {"regime": 0},
        {"regime": ["rugao"]},
        {"regime": "atlantis"},
        CLERK | {"unit": ["housing"]},
        CLERK | {"unit": 5},
        CLERK | {"unit": ""},
        CLERK | {"unit": "atlantis"},
        CLERK | {"regime": "gaotai"},
        CLERK | {"regime": None},
        {"aud": "jiesu2"},
        {"aud": []},
        {"aud": {AUDIENCE: True}},
        {"aud": None},
        {"iss": "jiesu"},
        {"exp": None},
        {"iat": None},
        {"iat": "soon"},
        {"iat": int(time.time()) + 3600},
        {"nbf": int(time.time()) + 3600},
        {"exp": int(time.time()) - 60},
    ],
)
async def test_whatever_else_opens_nothing(http: httpx.AsyncClient, issuer: Issuer, claims: dict[str, Any]) -> None:
    problem(await account(http, issuer.token(**claims)), 401, "not_authenticated")


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "logout+jwt"},
        {"typ": "token-introspection+jwt"},
        {"typ": "dpop+jwt"},
        {"crit": ["exp"]},
        {"kid": "another"},
    ],
)
async def test_a_token_of_another_kind_opens_nothing(
    http: httpx.AsyncClient, issuer: Issuer, header: dict[str, Any]
) -> None:
    assert (await account(http, issuer.token())).status_code == 200
    problem(await account(http, issuer.token(header)), 401, "not_authenticated")


@pytest.mark.parametrize("bearer", ["a", "..", "\xff.\xff.\xff", "e30.e30.e30", "W10.W10.", "[" * 9000, "W1tb" * 9000])
@pytest.mark.parametrize("dots", ["", "..", ".W1tb."])
async def test_what_is_no_token_at_all_is_refused_as_one(http: httpx.AsyncClient, bearer: str, dots: str) -> None:
    answer = await http.get("/account", headers={b"Authorization": f"Bearer {bearer}{dots}".encode("latin-1")})
    problem(answer, 401, "not_authenticated")


async def test_a_token_holds_no_longer_than_a_session_of_ours(http: httpx.AsyncClient, issuer: Issuer) -> None:
    now, life = int(time.time()), int(LIFE.total_seconds())
    far: dict[str, Any] = {"exp": now + 10 * life}
    assert (await account(http, issuer.token(iat=now - life + 60, **far))).status_code == 200
    problem(await account(http, issuer.token(iat=now - life - 60, **far)), 401, "not_authenticated")


async def test_what_the_provider_said_before_a_change_no_longer_holds(
    http: httpx.AsyncClient, issuer: Issuer, module_database: Database
) -> None:
    now = int(time.time())
    before, after = issuer.token(sub="mo", iat=now - 60), issuer.token(sub="mo", role="reviewer", iat=now)
    assert (await account(http, before)).json()["role"] == "agent"
    assert (await account(http, after)).json()["role"] == "reviewer"
    problem(await account(http, before), 401, "not_authenticated")
    assert (await account(http, issuer.token(sub="mo", role="reviewer", iat=now - 30))).status_code == 200
    back = issuer.token(sub="mo", iat=now + 1)
    assert (await account(http, back)).json()["role"] == "agent"
    problem(await account(http, after), 401, "not_authenticated")
    admin = await token(http, await person(module_database, "admin"))
    assert (await http.patch("/users/oidc:mo", json={"disabled": True}, headers=admin)).status_code == 200
    problem(await account(http, back), 401, "not_authenticated")
    problem(await account(http, issuer.token(sub="mo", role="reviewer", iat=now + 5)), 401, "not_authenticated")


@pytest.mark.parametrize("name", ["idp|7/8", "https://login.example.cn/users/9", "..", "a b?c#d%2F"])
async def test_whatever_the_provider_calls_somebody_they_can_be_disabled(
    http: httpx.AsyncClient, issuer: Issuer, module_database: Database, name: str
) -> None:
    admin = await token(http, await person(module_database, "admin"))
    bearer = issuer.token(sub=name)
    assert (await account(http, bearer)).json()["username"] == f"oidc:{name}"
    named = quote(f"oidc:{name}", safe="")
    assert (await http.patch(f"/users/{named}", json={"disabled": True}, headers=admin)).status_code == 200
    problem(await account(http, bearer), 401, "not_authenticated")
    director = await token(http, await person(module_database, "hotline_director"))
    unseen = await http.delete(f"/work-orders/20260101-000001/viewers/{named}", headers=director)
    problem(unseen, 404, "unknown_order")  # not the 404 of an unknown route


async def test_who_comes_as_what_is_noted_once(
    http: httpx.AsyncClient, issuer: Issuer, module_database: Database
) -> None:
    for _ in range(2):
        assert (await account(http, issuer.token(sub="noted", **CLERK))).status_code == 200
    assert (await account(http, issuer.token(sub="noted", role="reviewer"))).status_code == 200
    watch = await token(http, await person(module_database, "inspection"))
    found = (await http.get("/audit/acts", params={"person": "oidc:noted"}, headers=watch)).json()["items"]
    assert [(each["deed"], each["role"], each["regime"], each["data"]["unit"]) for each in found] == [
        ("signed_in", "reviewer", None, ""),
        ("signed_in", "unit_clerk", "rugao", "housing"),
    ]


async def test_where_applications_are_listed_a_token_of_another_opens_nothing(
    issuer: Issuer, module_database: Database
) -> None:
    async with door(module_database, **chosen(issuer, JIESU_OIDC_CLIENTS="console, desk")) as http:
        one_of_ours: list[dict[str, Any]] = [{"azp": "console"}, {"client_id": "desk"}]
        for said in one_of_ours:
            assert (await account(http, issuer.token(**said))).status_code == 200
        for other in ({}, {"azp": "forum"}, {"azp": ["console"]}, {"azp": "forum", "client_id": "console"}):
            problem(await account(http, issuer.token(**other)), 401, "not_authenticated")


async def test_a_key_that_can_be_factored_signs_nothing(module_database: Database) -> None:
    with issuing(bits=1024) as weak:
        async with door(module_database, **chosen(weak)) as http:
            with pytest.warns(jwt.InsecureKeyLengthWarning):
                signed = weak.token()
            problem(await account(http, signed), 401, "not_authenticated")


async def test_strength_in_a_shape_that_nobody_expected_is_none(issuer: Issuer, module_database: Database) -> None:
    asked = {"JIESU_OIDC_AMR": "mfa", "JIESU_OIDC_ACR": "2", "JIESU_OIDC_STRONG_FOR": "everybody"}
    async with door(module_database, **chosen(issuer, **asked)) as http:
        for enough in ({"acr": "2", "amr": ["pwd", "mfa"]}, {"acr": "2", "amr": "mfa"}):
            assert (await account(http, issuer.token(**enough))).status_code == 200
        for acr, amr in (
            ("2", None),
            (None, ["mfa"]),
            (2, ["mfa"]),
            (["2"], ["mfa"]),
            ("2", "mfax"),
            ("2", {"mfa": 1}),
        ):
            answer = await account(http, issuer.token(acr=acr, amr=amr))
            problem(answer, 401, "insufficient_user_authentication")


async def test_a_provider_that_drips_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    with issuing() as slow:
        settings, known = Settings.model_validate(chosen(slow)), slow.token()
        ours, stranger = oidc.Provider(settings, lambda: now), oidc.Provider(settings)
        await ours.read(known)
        monkeypatch.setattr(oidc, "WHOLE", 2)
        slow.drips, now = True, oidc.FRESH + 1
        asks, goes_on = [asyncio.create_task(ours.read(known)) for _ in range(2)]
        async with asyncio.timeout(60):
            assert (await goes_on).user.sub == "oidc:li"
            assert not asks.done()
            assert (await asks).user.sub == "oidc:li"  # with the known keys: the provider did not answer in time
            with pytest.raises(oidc.ProviderAway):
                await stranger.read(known)
        slow.drips = False
