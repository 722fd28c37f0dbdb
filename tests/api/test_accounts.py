"""Ending of sessions, change of passwords, and administration of accounts."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import httpx
import jwt
import pytest
from sqlalchemy import text

from adapters.auth.tokens import AUDIENCE, ISSUER, Identity, issue
from adapters.database.accounts.sessions import Sessions
from adapters.database.accounts.users import Users
from adapters.database.engine import Database
from adapters.database.units import UnitDirectory
from adapters.settings.settings import DEVELOPMENT_SECRET
from domain.units import StoredUnit
from domain.words import Role
from tests.api.callers import problem
from tests.api.door import PASSWORD, door, sign_in, token
from tests.api.test_signing_in import enrolled, later, person

OTHER = "窗外的槐树又开花了呀"
PROOF = {"password": PASSWORD}
Headers = dict[str, str]


@pytest.fixture(scope="module")
async def http(module_database: Database) -> AsyncIterator[httpx.AsyncClient]:
    await UnitDirectory(module_database).put_units([StoredUnit(id="housing", regime="rugao", name="住建局")])
    async with door(module_database) as client:
        yield client


@pytest.fixture
async def admin(http: httpx.AsyncClient, module_database: Database) -> Headers:
    return await token(http, await person(module_database, "admin"))


async def status(http: httpx.AsyncClient, headers: Headers) -> int:
    return (await http.get("/units", headers=headers)).status_code


async def test_a_session_that_is_ended_opens_nothing_and_the_others_go_on(
    http: httpx.AsyncClient, module_database: Database
) -> None:
    name = await person(module_database)
    one, other = await token(http, name), await token(http, name)
    listed = (await http.get("/account/sessions", headers=one)).json()["items"]
    assert [each["current"] for each in listed] == [False, True]
    assert (await http.post(f"/account/sessions/{listed[0]['id']}/end", json=PROOF, headers=one)).status_code == 204
    assert [await status(http, one), await status(http, other)] == [200, 401]
    problem(await http.post(f"/account/sessions/{listed[0]['id']}/end", json=PROOF, headers=one), 404, "not_found")
    stranger = await token(http, await person(module_database))
    for theirs in (listed[1]["id"], "%00"):
        answer = await http.post(f"/account/sessions/{theirs}/end", json=PROOF, headers=stranger)
        problem(answer, 404, "not_found")
    assert (await http.delete("/account/sessions/current", headers=one)).status_code == 204
    own = (await http.get("/account/sessions", headers=stranger)).json()["items"][0]["id"]
    assert [await status(http, one), await status(http, stranger)] == [401, 200]
    assert (await http.delete(f"/account/sessions/{own}", headers=stranger)).status_code == 204
    assert await status(http, stranger) == 401


async def test_whoever_has_but_a_token_cannot_throw_its_owner_out(
    http: httpx.AsyncClient, module_database: Database
) -> None:
    name = await person(module_database)
    stolen, owners, third = [await token(http, name) for _ in range(3)]
    listed = (await http.get("/account/sessions", headers=stolen)).json()["items"]
    for each in (*(row["id"] for row in listed if not row["current"]), "0" * 32):
        problem(await http.delete(f"/account/sessions/{each}", headers=stolen), 403, "proof_required")
        guess = {"password": f"{PASSWORD}?"}
        problem(await http.post(f"/account/sessions/{each}/end", json=guess, headers=stolen), 401, "not_authenticated")
    problem(await http.post("/account/sessions/others/end", json={}, headers=stolen), 422, "missing_field")
    assert [await status(http, each) for each in (stolen, owners, third)] == [200, 200, 200]
    assert (await http.post("/account/sessions/others/end", json=PROOF, headers=owners)).status_code == 204
    assert [await status(http, each) for each in (stolen, owners, third)] == [401, 200, 401]


async def test_who_has_a_second_factor_shows_it_before_another_session_is_ended(module_database: Database) -> None:
    name = await person(module_database, "supervisor")
    async with door(module_database) as http:
        app, headers = await enrolled(http, name), []
        for _ in range(2):
            await later(module_database, name)
            headers.append(await token(http, name, totp=app.code()))

        async def end(**proof: str) -> httpx.Response:
            return await http.post("/account/sessions/others/end", json=PROOF | proof, headers=headers[0])

        problem(await end(), 401, "totp_required")
        problem(await end(totp=app.wrong()), 401, "totp_invalid")
        assert [await status(http, each) for each in headers] == [200, 200]
        await later(module_database, name)
        assert (await end(totp=app.code())).status_code == 204
        assert [await status(http, each) for each in headers] == [200, 401]


async def test_a_password_is_changed_by_whoever_knows_it_and_ends_the_other_sessions(
    http: httpx.AsyncClient, module_database: Database
) -> None:
    name = await person(module_database)
    here, elsewhere = await token(http, name), await token(http, name)

    async def change(old: str, new: str) -> httpx.Response:
        body = {"password": old, "new_password": new}
        return await http.post("/account/password", json=body, headers=here)

    problem(await change("not the password", OTHER), 401, "not_authenticated")
    problem(await change(PASSWORD, "1234567890"), 422, "weak_password")
    problem(await change(PASSWORD, PASSWORD), 422, "weak_password")
    assert (await change(PASSWORD, OTHER)).status_code == 204
    assert [await status(http, here), await status(http, elsewhere)] == [200, 401]
    problem(await sign_in(http, name), 401, "not_authenticated")
    await token(http, name, OTHER)


async def test_only_a_token_of_ours_for_us_with_a_session_opens(
    http: httpx.AsyncClient, module_database: Database
) -> None:
    name = await person(module_database)
    bearer = (await token(http, name))["Authorization"].removeprefix("Bearer ")
    claims: dict[str, Any] = jwt.decode(bearer, options={"verify_signature": False})
    assert {claims["iss"], claims["aud"]} == {ISSUER, AUDIENCE}

    async def opens(changes: dict[str, Any], secret: str = DEVELOPMENT_SECRET, algorithm: str = "HS256") -> bool:
        said = {key: value for key, value in (claims | changes).items() if value is not None}
        made = jwt.encode(said, secret, algorithm)
        return await status(http, {"Authorization": f"Bearer {made}"}) == 200

    assert await opens({})
    assert await opens({"iat": datetime.now(UTC) + timedelta(seconds=5)})  # issued by a machine whose clock is ahead
    past = datetime.now(UTC) - timedelta(seconds=5)
    for changes in (
        {"iss": "another"},
        {"iss": None},
        {"aud": "file"},
        {"aud": None},
        {"exp": past},
        {"exp": None},
        {"jti": "0" * 32},
        {"jti": None},
        {"sub": await person(module_database)},
        {"role": "emperor"},
    ):
        assert not await opens(changes), changes
    assert not await opens({}, "x" * 64)
    assert not await opens({}, "", "none")
    nobody = issue(Identity(sub=name, role=Role.ADMIN), DEVELOPMENT_SECRET)
    assert await status(http, {"Authorization": f"Bearer {nobody}"}) == 401


async def test_the_key_of_tokens_can_be_changed_while_people_are_signed_in(module_database: Database) -> None:
    name = await person(module_database)
    old, new = "the-old-key-of-tokens-0123456789-abcdef", "the-new-key-of-tokens-0123456789-abcdef"
    async with door(module_database, JIESU_SECRET_KEY=old) as http:
        before = await token(http, name)
    async with door(module_database, JIESU_SECRET_KEY=f"{new}, {old}") as http:
        after = await token(http, name)
        assert [await status(http, before), await status(http, after)] == [200, 200]
    async with door(module_database, JIESU_SECRET_KEY=new) as http:
        assert [await status(http, before), await status(http, after)] == [401, 200]


async def test_a_new_user_has_to_change_the_password_that_was_made(http: httpx.AsyncClient, admin: Headers) -> None:
    body = {"username": "王五", "role": "unit_clerk", "unit": "housing", "regime": "rugao"}
    made = await http.post("/users", json=body, headers=admin)
    assert made.status_code == 201, made.text
    initial = made.json()["initial_password"]
    limited = await token(http, "王五", initial)
    problem(await http.get("/units", headers=limited), 403, "password_change_required")
    problem(
        await http.post("/account/totp", json={"password": initial}, headers=limited), 403, "password_change_required"
    )
    change = {"password": initial, "new_password": OTHER}
    assert (await http.post("/account/password", json=change, headers=limited)).status_code == 204
    assert await status(http, await token(http, "王五", OTHER)) == 200
    problem(await http.post("/users", json=body, headers=admin), 409, "already_done")
    wide = {"username": "ａｄｍｉｎ：ｘ", "role": "agent"}
    problem(await http.post("/users", json=wide, headers=admin), 422, "invalid")
    made = await http.post("/users", json=wide | {"username": "ｚｈａｏ．ｌｉｕ"}, headers=admin)
    assert made.json()["username"] == "zhao.liu"
    problem(await http.post("/users", json=wide | {"username": "zhao.liu"}, headers=admin), 409, "already_done")
    shown = await http.get("/users", params={"limit": 200}, headers=admin)
    assert initial not in shown.text
    assert "$argon2id$" not in shown.text
    assert "王五" in {each["username"] for each in shown.json()["items"]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"role": "citizen"},
        {"role": "unit_clerk"},
        {"role": "unit_clerk", "unit": "atlantis", "regime": "rugao"},
        {"unit": "housing"},
        {"regime": "atlantis"},
        {"username": "oidc:x"},
        {"password": "password123"},
    ],
)
async def test_seats_names_and_passwords_that_cannot_be_are_refused(
    http: httpx.AsyncClient, admin: Headers, wrong: dict[str, str]
) -> None:
    answer = await http.post("/users", json={"username": "somebody", "role": "agent"} | wrong, headers=admin)
    problem(answer, 422, "weak_password" if "password" in wrong else "invalid")


async def test_what_an_administrator_changes_ends_what_was_open(
    http: httpx.AsyncClient, module_database: Database, admin: Headers
) -> None:
    name = await person(module_database)

    async def patch(**body: Any) -> httpx.Response:
        return await http.patch(f"/users/{name}", json=body, headers=admin)

    before = await token(http, name)
    assert (await patch(role="reviewer")).json()["role"] == "reviewer"
    assert await status(http, before) == 401
    before = await token(http, name)
    assert (await patch(disabled=True)).json()["disabled_at"]
    assert await status(http, before) == 401
    wrong, disabled = await sign_in(http, "nobody-here"), await sign_in(http, name)
    assert (wrong.status_code, wrong.json()) == (disabled.status_code, disabled.json())
    assert (await patch(disabled=False)).json()["disabled_at"] is None
    for _ in range(6):
        await sign_in(http, name, "not the password")
    problem(await sign_in(http, name), 429, "locked")
    assert (await patch(display="甲")).json()["locked_until"]
    assert (await patch(unlock=True)).json()["locked_until"] is None
    before = await token(http, name)
    made = (await patch(reset_password=True)).json()["initial_password"]
    assert await status(http, before) == 401
    assert (await sign_in(http, name, made)).json()["duty"] == "change_password"
    problem(await patch(unit="housing"), 422, "invalid")
    problem(await patch(role=None), 422, "invalid")


async def test_a_sign_in_under_way_does_not_outlive_the_change_that_ends_all_sessions(
    module_database: Database,
) -> None:
    users, name = Users(module_database), await person(module_database)
    card = await users.get(name)
    assert card
    await users.change(name, disabled=True)
    assert await Sessions(module_database).open(name, card.version, timedelta(hours=8)) is None
    assert await Sessions(module_database).of(name) == []


async def test_only_administrators_look_after_accounts_and_those_of_a_county_after_its_own(
    http: httpx.AsyncClient, module_database: Database, admin: Headers
) -> None:
    director = await token(http, await person(module_database, "hotline_director"))
    for answer in (
        await http.get("/users", headers=director),
        await http.post("/users", json={"username": "x1", "role": "admin"}, headers=director),
        await http.patch("/users/x1", json={}, headers=director),
    ):
        problem(answer, 403, "not_permitted")
    local_name, stranger = await person(module_database, "admin"), await person(module_database)
    await Users(module_database).change(local_name, regime="rugao")
    local = await token(http, local_name)
    assert {each["regime"] for each in (await http.get("/users", headers=local)).json()["items"]} == {"rugao"}
    problem(await http.patch(f"/users/{stranger}", json={"disabled": True}, headers=local), 404, "not_found")
    problem(await http.post("/users", json={"username": "x2", "role": "admin"}, headers=local), 403, "not_permitted")
    own = {"username": "x3", "role": "agent", "regime": "rugao"}
    assert (await http.post("/users", json=own, headers=local)).status_code == 201
    problem(await http.patch("/users/x3", json={"regime": None}, headers=local), 403, "not_permitted")
    problem(await http.patch(f"/users/{local_name}", json={"disabled": True}, headers=local), 409, "not_allowed")
    problem(await http.patch("/users/%00", json={}, headers=admin), 404, "not_found")


async def test_a_password_cannot_be_guessed_from_what_an_idempotency_key_keeps(
    http: httpx.AsyncClient, module_database: Database, admin: Headers
) -> None:
    content = b'{"username": "keyed", "role": "agent", "password": "lampen am deich"}'
    headers = admin | {"Idempotency-Key": "key-of-a-user", "Content-Type": "application/json"}
    first = await http.post("/users", content=content, headers=headers)
    again = await http.post("/users", content=content, headers=headers)
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    async with module_database.session() as session:
        kept = (await session.execute(text("SELECT * FROM idempotency_keys WHERE key = 'key-of-a-user'"))).one()
    assert sha256(content).hexdigest() not in str(kept)
    assert "lampen" not in str(kept)


async def test_a_session_that_is_not_used_ends_before_its_time(module_database: Database) -> None:
    name = await person(module_database)

    async def rests(minutes: int) -> None:
        async with module_database.begin() as session:
            rest = "UPDATE sessions SET seen_at = seen_at - make_interval(mins => :minutes) WHERE username = :name"
            await session.execute(text(rest), {"minutes": minutes, "name": name})

    async with door(module_database, JIESU_IDLE_MINUTES="30") as http:
        headers = await token(http, name)
        for _ in range(3):
            await rests(20)
            assert await status(http, headers) == 200  # each use restarts the timeout
        await rests(31)
        assert await status(http, headers) == 401
    async with door(module_database) as http:
        assert await status(http, headers) == 200


async def test_who_may_not_act_is_not_given_an_earlier_answer_again(
    http: httpx.AsyncClient, module_database: Database, admin: Headers
) -> None:
    name, key = await person(module_database, "admin"), {"Idempotency-Key": "key-of-two"}
    body = {"username": "of-two", "role": "agent"}
    assert (await http.post("/users", json=body, headers=await token(http, name) | key)).status_code == 201
    made = await http.patch(f"/users/{name}", json={"reset_password": True}, headers=admin)
    limited = await token(http, name, made.json()["initial_password"])
    problem(await http.post("/users", json=body, headers=limited | key), 403, "password_change_required")


async def test_sessions_that_are_over_are_forgotten_a_week_later(module_database: Database) -> None:
    sessions, name = Sessions(module_database), await person(module_database)
    past, present = [await sessions.open(name, 0, timedelta(hours=hours)) for hours in (-200, 8)]
    await sessions.forget()
    async with module_database.session() as session:
        left = set((await session.execute(text("SELECT id FROM sessions"))).scalars())
    assert present in left
    assert past not in left
