"""Tokens of a real identity provider, which runs as a process and can be restarted with other keys."""

import hashlib
import hmac
import json
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from adapters.auth.oidc import PAUSE, STALE, Provider, ProviderAway
from adapters.auth.tokens import BadToken
from adapters.database.engine import Database
from adapters.database.units import UnitDirectory
from adapters.local.child_process import ChildProcess
from adapters.local.temporal import free_port
from adapters.settings.settings import ROOT, Settings, environment
from domain.units import StoredUnit
from tests.api.callers import problem
from tests.api.door import door
from tests.api.door import token as own_token
from tests.api.test_signing_in import person

AUDIENCE: Final = "jiesu"
PEOPLE: Final[dict[str, dict[str, Any]]] = {
    "li": {"access": {"posts": ["staff", "话务员"]}},
    "zhao": {"access": {"posts": ["承办人"]}, "dept": "housing", "county": "rugao"},
    "sun": {"access": {"posts": ["承办人"]}, "county": "rugao"},
    "both": {"access": {"posts": ["话务员", "承办人"]}, "dept": "housing", "county": "rugao"},
    "none": {"access": {"posts": ["staff"]}},
    "bare": {},
    "wang": {"access": {"posts": ["主任"]}, "acr": "loa3", "amr": ["pwd", "otp"]},
}
READY_SECONDS: Final = 180


@contextmanager
def provider(port: int, folder: Path, *options: str) -> Iterator[str]:
    """Run the provider at that port with new keys; yields its issuer."""
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), *options]
    for name, claims in PEOPLE.items():
        command += ["--user-claims", json.dumps({"sub": name, **claims})]
    child = ChildProcess.spawn(command, folder / f"provider-{port}.log", env=environment(), cwd=ROOT)
    issuer, deadline = f"http://127.0.0.1:{port}", time.monotonic() + READY_SECONDS
    try:
        while not _answers(issuer):
            assert child.status is None, child.tail()
            assert time.monotonic() < deadline, child.tail()
            time.sleep(0.05)
        yield issuer
    finally:
        child.stop()


def _answers(issuer: str) -> bool:
    try:
        return httpx.get(f"{issuer}/jwks", timeout=5).is_success
    except httpx.TransportError:
        return False


def id_token(issuer: str, name: str, audience: str = AUDIENCE) -> str:
    """The provider's id token for a person, by the authorization code flow."""
    with httpx.Client(base_url=issuer, timeout=20) as http:
        asked = {"client_id": audience, "redirect_uri": "http://app/", "response_type": "code", "scope": "openid"}
        sent = http.post("/oauth2/authorize", params=asked, data={"sub": name})
        code = parse_qs(urlsplit(sent.headers["Location"]).query)["code"][0]
        grant = {"grant_type": "authorization_code", "code": code, "redirect_uri": "http://app/"}
        return str(http.post("/oauth2/token", data=grant, auth=(audience, "any")).json()["id_token"])


def chosen(issuer: str, audience: str = AUDIENCE) -> dict[str, Any]:
    return {
        "JIESU_OIDC_ISSUER": issuer,
        "JIESU_OIDC_AUDIENCE": audience,
        "JIESU_OIDC_ROLE_CLAIM": "access.posts",
        "JIESU_OIDC_UNIT_CLAIM": "dept",
        "JIESU_OIDC_REGIME_CLAIM": "county",
        "JIESU_OIDC_ROLES": {"话务员": "agent", "承办人": "unit_clerk", "主任": "hotline_director"},
    }


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with provider(free_port(), tmp_path_factory.mktemp("provider")) as address:
        yield address


@pytest.fixture(scope="module")
async def http(issuer: str, module_database: Database) -> AsyncIterator[httpx.AsyncClient]:
    await UnitDirectory(module_database).put_units([StoredUnit(id="housing", regime="rugao", name="住建局")])
    async with door(module_database, **chosen(issuer)) as client:
        yield client


def keys(issuer: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx.get(f"{issuer}/jwks").json()["keys"]
    return found


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def account(http: httpx.AsyncClient, token: str) -> httpx.Response:
    return await http.get("/account", headers=bearing(token))


async def test_claims_say_role_unit_and_county(http: httpx.AsyncClient, issuer: str) -> None:
    agent = (await account(http, id_token(issuer, "li"))).json()
    assert (agent["username"], agent["role"], agent["unit"], agent["regime"]) == ("oidc:li", "agent", None, None)
    clerk = (await account(http, id_token(issuer, "zhao"))).json()
    assert (clerk["role"], clerk["unit"], clerk["regime"]) == ("unit_clerk", "housing", "rugao")
    assert clerk["federated"] is True
    assert (await http.get("/units", headers=bearing(id_token(issuer, "zhao")))).status_code == 200


@pytest.mark.parametrize("name", ["sun", "both", "none", "bare"])
async def test_claims_that_do_not_say_one_seat_open_nothing(http: httpx.AsyncClient, issuer: str, name: str) -> None:
    problem(await account(http, id_token(issuer, name)), 401, "not_authenticated")


@pytest.mark.parametrize(
    ("asked", "enough"),
    [
        ({"JIESU_OIDC_ACR": "loa3, loa4"}, True),
        ({"JIESU_OIDC_ACR": "loa4"}, False),
        ({"JIESU_OIDC_AMR": "hwk,otp"}, True),
        ({"JIESU_OIDC_AMR": "hwk"}, False),
        ({"JIESU_OIDC_ACR": "loa3", "JIESU_OIDC_AMR": "hwk"}, False),
    ],
)
async def test_a_leader_has_to_have_signed_in_at_the_provider_as_strongly_as_is_asked(
    issuer: str, module_database: Database, asked: dict[str, str], enough: bool
) -> None:
    async with door(module_database, **chosen(issuer), **asked) as http:
        answer = await account(http, id_token(issuer, "wang"))
        if enough:
            assert answer.json()["role"] == "hotline_director"
        else:
            told = problem(answer, 401, "insufficient_user_authentication")
            assert all(" 或 ".join(words.split(",")) in told["detail"] for words in asked.values())
            said = answer.headers["WWW-Authenticate"]
            assert 'error="insufficient_user_authentication"' in said
            assert ('acr_values="' + asked.get("JIESU_OIDC_ACR", "") in said) == ("JIESU_OIDC_ACR" in asked)
        assert (await account(http, id_token(issuer, "li"))).status_code == 200  # an agent needs no second factor
    async with door(module_database, **chosen(issuer), **asked, JIESU_OIDC_STRONG_FOR="everybody") as http:
        problem(await account(http, id_token(issuer, "li")), 401, "insufficient_user_authentication")


async def test_accounts_of_here_and_there_are_apart(
    http: httpx.AsyncClient, issuer: str, module_database: Database
) -> None:
    there = bearing(id_token(issuer, "li"))
    password = {"password": "whatever", "new_password": "whatever else"}
    problem(await http.post("/account/password", json=password, headers=there), 409, "not_allowed")
    problem(await http.post("/token", data={"username": "oidc:li", "password": "!"}), 401, "not_authenticated")
    admin = await own_token(http, await person(module_database, "admin"))
    assert (await http.get("/units", headers=admin)).status_code == 200
    problem(await http.patch("/users/oidc:li", json={"role": "admin"}, headers=admin), 409, "not_allowed")
    assert (await http.patch("/users/oidc:li", json={"disabled": True}, headers=admin)).status_code == 200
    problem(await http.get("/account", headers=there), 401, "not_authenticated")
    assert (await http.patch("/users/oidc:li", json={"disabled": False}, headers=admin)).status_code == 200
    assert (await http.get("/account", headers=there)).status_code == 200


async def test_forgeries_are_refused(http: httpx.AsyncClient, issuer: str) -> None:
    good = id_token(issuer, "li")
    header, claims = jwt.get_unverified_header(good), jwt.decode(good, options={"verify_signature": False})
    known = keys(issuer)[0]
    public = jwt.PyJWK(known).key
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    kid = {"kid": known["kid"]}

    def part(content: Any) -> str:
        return urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")

    def hmac_signed(secret: bytes) -> str:
        told = f"{part(header | kid | {'alg': 'HS256'})}.{part(claims)}"
        signature = hmac.new(secret, told.encode(), hashlib.sha256).digest()
        return f"{told}.{urlsafe_b64encode(signature).decode().rstrip('=')}"

    mine = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    forged = {
        "alg none": jwt.encode(claims, "", "none", kid),
        "no signature": good.rpartition(".")[0] + ".",
        "public key as secret": hmac_signed(pem),
        "document as secret": hmac_signed(json.dumps(known).encode()),
        "another key": jwt.encode(claims, mine, "RS256", kid),
        "another key without an id": jwt.encode(claims, mine, "RS256"),
        "another key and id": jwt.encode(claims, mine, "RS256", {"kid": "mine"}),
        "key in the header": jwt.encode(claims, mine, "RS256", kid | {"jwk": known, "jku": f"{issuer}/jwks"}),
        "another algorithm": jwt.encode(claims, mine, "PS256", kid),
        "changed": ".".join([good.split(".")[0], part(claims | {"sub": "zhao"}), good.split(".")[2]]),
        "id that is no text": f"{part(header | {'kid': ['x']})}.{part(claims)}.{good.split('.')[2]}",
    }
    assert (await account(http, good)).status_code == 200
    for what, token in forged.items():
        assert (await account(http, token)).status_code == 401, what


async def test_of_another_issuer_or_for_another_audience_is_refused(
    http: httpx.AsyncClient, issuer: str, module_database: Database
) -> None:
    problem(await account(http, id_token(issuer, "li", "another-application")), 401, "not_authenticated")
    async with door(module_database) as closed:  # no provider is configured
        problem(await account(closed, id_token(issuer, "li")), 401, "not_authenticated")
    async with door(module_database, **chosen(f"{issuer}/")) as other:
        problem(await account(other, id_token(issuer, "li")), 401, "not_authenticated")
        # The document names an issuer other than the requested one: it is rejected.
        mine = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        problem(await account(other, jwt.encode({"iss": f"{issuer}/"}, mine, "RS256")), 503, "unavailable")


async def test_an_expired_token_is_refused_and_new_keys_are_fetched_but_not_in_a_flood(tmp_path: Path) -> None:
    port, now = free_port(), 0.0
    with provider(port, tmp_path) as issuer:
        ours = Provider(Settings.model_validate(chosen(issuer)), clock=lambda: now)
        before = id_token(issuer, "li")
        assert (await ours.read(before)).user.sub == "oidc:li"
    with pytest.raises(ConnectionError):
        await Provider(Settings.model_validate(chosen(issuer))).read(before)
    assert (await ours.read(before)).user.sub == "oidc:li"  # known keys stay valid while the provider is down
    with provider(port, tmp_path, "--token-max-age", "-60"):
        expired, rotated = id_token(issuer, "li"), now + PAUSE
        with pytest.raises(BadToken):
            await ours.read(expired)  # its key is unknown, and is not fetched within the pause
        assert (await ours.read(before)).user.sub == "oidc:li"
        now = rotated
        with pytest.raises(BadToken):
            await ours.read(expired)
        with pytest.raises(BadToken):
            await ours.read(before)  # its key is no longer the provider's
    with provider(port, tmp_path):
        fresh = id_token(issuer, "li")
        with pytest.raises(BadToken):
            await ours.read(fresh)
        now += PAUSE
        assert (await ours.read(fresh)).user.sub == "oidc:li"
    now += STALE + PAUSE
    with pytest.raises(ProviderAway):
        await ours.read(fresh)  # down for too long
