"""Sign-in: limits of attempts, second factors, and no hint to existing names."""

import asyncio
import time
from collections.abc import AsyncIterator
from itertools import count

import httpx
import pyotp
import pytest
from sqlalchemy import text

from adapters.database.accounts.credentials import Credentials, RejectionReason, SignInRejected
from adapters.database.accounts.password_hashes import NOBODY, outdated
from adapters.database.accounts.users import Account, Users
from adapters.database.engine import Database
from tests.api.callers import problem
from tests.api.door import PASSWORD, door, sign_in, token

_numbers = count(1)


@pytest.fixture(scope="module")
async def http(module_database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with door(module_database) as client:
        yield client


async def person(database: Database, role: str = "agent", password: str = PASSWORD) -> str:
    """Create a user; returns the name."""
    name = f"person-{next(_numbers)}"
    await Users(database).create(Account(username=name, role=role, display=name), password)
    return name


async def change(database: Database, sql: str, **values: object) -> None:
    async with database.begin() as session:
        await session.execute(text(sql), values)


def said(answer: httpx.Response) -> tuple[int, str, str]:
    return answer.status_code, answer.json()["code"], answer.json()["detail"]


async def test_five_wrong_passwords_lock_a_name_whether_or_not_somebody_has_it(
    http: httpx.AsyncClient, module_database: Database
) -> None:
    known, answers = await person(module_database), []
    for name in (known, "nobody-at-all"):
        tries = [await sign_in(http, name, "not the password") for _ in range(6)]
        assert [answer.status_code for answer in tries] == [401] * 5 + [429]
        assert 840 < int(tries[-1].headers["Retry-After"]) <= 900
        answers.append([said(answer) for answer in tries])
    assert answers[0] == answers[1]
    problem(await sign_in(http, known), 429, "locked")  # the right password too, or it could be guessed during the lock
    async with module_database.session() as session:
        kept = (await session.execute(text("SELECT * FROM sign_in_failures"))).all()
    assert known not in str(kept)
    assert "nobody-at-all" not in str(kept)


async def test_the_next_lock_is_longer_and_a_success_begins_anew(
    http: httpx.AsyncClient, module_database: Database
) -> None:
    name = await person(module_database)
    lengths = []
    for _ in range(3):
        for _ in range(5):
            problem(await sign_in(http, name, "not the password"), 401, "not_authenticated")
        lengths.append(int((await sign_in(http, name)).headers["Retry-After"]))
        await change(module_database, "UPDATE sign_in_failures SET locked_until = now() - interval '1 second'")
    assert [round(length / 900) for length in lengths] == [1, 2, 4]
    await token(http, name)
    for _ in range(4):
        problem(await sign_in(http, name, "not the password"), 401, "not_authenticated")
    await token(http, name)


async def test_failures_of_another_day_do_not_add_up(http: httpx.AsyncClient, module_database: Database) -> None:
    name = await person(module_database)
    for _ in range(4):
        await sign_in(http, name, "not the password")
    await change(module_database, "UPDATE sign_in_failures SET last_at = now() - interval '25 hours'")
    problem(await sign_in(http, name, "not the password"), 401, "not_authenticated")
    await token(http, name)
    await change(module_database, "UPDATE sign_in_failures SET last_at = now() - interval '25 hours'")
    await Credentials(module_database, 5).failures.forget()
    async with module_database.session() as session:
        left = "SELECT count(*) FROM sign_in_failures WHERE locked_until IS NULL"
        assert (await session.execute(text(left))).scalar() == 0


async def test_thirty_guesses_at_once_in_three_processes_are_no_more_than_five(module_database: Database) -> None:
    name = await person(module_database)
    processes = [Credentials(module_database, 5) for _ in range(3)]

    async def guess(number: int) -> RejectionReason:
        with pytest.raises(SignInRejected) as refused:
            await processes[number % 3].prove(name, f"guess number {number}", None)
        return refused.value.why

    answers = await asyncio.gather(*map(guess, range(30)))
    assert sorted(answers) == [RejectionReason.LOCKED] * 25 + [RejectionReason.WRONG_PASSWORD] * 5


async def test_a_crowd_that_signs_in_rightly_at_once_locks_nobody_out(
    http: httpx.AsyncClient, module_database: Database
) -> None:
    name = await person(module_database)
    answers = await asyncio.gather(*(sign_in(http, name) for _ in range(12)))
    assert {answer.status_code for answer in answers} == {200}


async def test_passwords_are_kept_as_argon2id_and_renewed_when_the_cost_has_changed(
    http: httpx.AsyncClient, module_database: Database
) -> None:
    from argon2 import PasswordHasher

    name = await person(module_database)
    cheap = PasswordHasher(1, 8, 1).hash(PASSWORD)
    assert outdated(cheap)
    assert not outdated(NOBODY)
    await change(module_database, "UPDATE users SET password_hash = :h WHERE username = :n", h=cheap, n=name)
    await token(http, name)
    async with module_database.session() as session:
        found = await session.execute(text("SELECT password_hash FROM users WHERE username = :n"), {"n": name})
    assert str(found.scalar()).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    await token(http, name)


async def test_a_password_typed_another_way_is_the_same(http: httpx.AsyncClient, module_database: Database) -> None:
    name = await person(module_database, "agent", "Grüße am Ende")
    await token(http, name, "Gru\u0308ße am Ende")


async def test_a_name_typed_in_full_width_is_the_same_name_with_the_same_tries(
    http: httpx.AsyncClient, module_database: Database
) -> None:
    name = await person(module_database)
    wide = "".join(chr(ord(char) + 0xFEE0) for char in name)
    await token(http, wide)
    for typed in (name, wide, name, wide, name):
        problem(await sign_in(http, typed, "not the password"), 401, "not_authenticated")
    problem(await sign_in(http, wide), 429, "locked")
    problem(await sign_in(http, name.upper()), 401, "not_authenticated")  # there is no user of that name


@pytest.mark.parametrize("name", ["a\x00b", "x" * 201, "\u202e"])
async def test_what_nobody_can_be_called_is_a_wrong_name(http: httpx.AsyncClient, name: str) -> None:
    problem(await sign_in(http, name), 401, "not_authenticated")


class App:
    """An authenticator app."""

    def __init__(self, secret: str) -> None:
        self.totp = pyotp.TOTP(secret)

    def code(self, steps: int = 0) -> str:
        return self.totp.at(time.time(), counter_offset=steps)

    def wrong(self) -> str:
        near = {self.code(steps) for steps in range(-2, 4)}
        return next(code for code in map("{:06d}".format, range(10)) if code not in near)


async def enrolled(http: httpx.AsyncClient, name: str) -> App:
    """Enrol an authenticator with its current code; the next code signs in."""
    headers = await token(http, name)
    offered = await http.post("/account/totp", json={"password": PASSWORD}, headers=headers)
    assert offered.status_code == 200, offered.text
    app = App(offered.json()["secret"])
    read = pyotp.parse_uri(offered.json()["otpauth_uri"])
    assert (read.secret, read.name, read.issuer) == (app.totp.secret, name, "接诉 12345")
    problem(await http.post("/account/totp/confirm", json={"code": app.wrong()}, headers=headers), 422, "totp_invalid")
    answer = await http.post("/account/totp/confirm", json={"code": app.code()}, headers=headers)
    assert answer.status_code == 204, answer.text
    problem(await http.get("/account", headers=headers), 401, "not_authenticated")  # begun without the second factor
    return app


async def later(database: Database, name: str) -> None:
    """Reset the used time step, as if the time of the used codes had passed."""
    await change(database, "UPDATE users SET totp_step = 0 WHERE username = :name", name=name)


async def test_a_second_factor_is_asked_for_and_each_code_opens_once(
    http: httpx.AsyncClient, module_database: Database
) -> None:
    name = await person(module_database, "supervisor")
    app = await enrolled(http, name)
    problem(await sign_in(http, name), 401, "totp_required")
    problem(await sign_in(http, name, totp=app.wrong()), 401, "totp_invalid")
    problem(await sign_in(http, name, "not the password", totp=app.code(1)), 401, "not_authenticated")
    code = app.code(1)
    answers = await asyncio.gather(*(sign_in(http, name, totp=code) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401]
    problem(await sign_in(http, name, totp=app.code(0)), 401, "totp_invalid")  # older than the one that was used
    async with module_database.session() as session:
        kept = (await session.execute(text("SELECT totp_secret FROM users WHERE username = :n"), {"n": name})).scalar()
    assert isinstance(kept, bytes)
    assert app.totp.secret.encode() not in kept


async def test_wrong_codes_lock_too_and_asking_without_one_forgives_none(
    http: httpx.AsyncClient, module_database: Database
) -> None:
    name = await person(module_database)
    app = await enrolled(http, name)
    codes = []
    for _ in range(5):
        problem(await sign_in(http, name), 401, "totp_required")
        codes.append((await sign_in(http, name, totp=app.wrong())).json()["code"])
    assert codes == ["totp_invalid"] * 5
    problem(await sign_in(http, name, totp=app.code(1)), 429, "locked")


async def test_a_second_factor_that_was_offered_to_whoever_knew_the_old_password_is_offered_no_more(
    http: httpx.AsyncClient, module_database: Database
) -> None:
    name = await person(module_database)
    headers = await token(http, name)
    offered = await http.post("/account/totp", json={"password": PASSWORD}, headers=headers)
    change = {"password": PASSWORD, "new_password": "窗外的槐树又开花了呀"}
    assert (await http.post("/account/password", json=change, headers=headers)).status_code == 204
    code = {"code": App(offered.json()["secret"]).code()}
    problem(await http.post("/account/totp/confirm", json=code, headers=headers), 422, "totp_invalid")


async def test_a_second_factor_is_replaced_only_with_a_code_of_it(
    http: httpx.AsyncClient, module_database: Database
) -> None:
    name = await person(module_database)
    app = await enrolled(http, name)
    headers = await token(http, name, totp=app.code(1))
    again = await http.post("/account/totp", json={"password": PASSWORD}, headers=headers)
    problem(again, 401, "totp_required")
    await later(module_database, name)
    again = await http.post("/account/totp", json={"password": PASSWORD, "totp": app.code(1)}, headers=headers)
    assert again.status_code == 200


async def test_where_it_is_required_a_leader_without_one_can_only_enrol(module_database: Database) -> None:
    leader, agent = await person(module_database, "county_leader"), await person(module_database)
    async with door(module_database, JIESU_REQUIRE_TOTP="true") as http:
        signed = await sign_in(http, leader)
        assert signed.json()["duty"] == "enrol_totp"
        headers = {"Authorization": f"Bearer {signed.json()['access_token']}"}
        problem(await http.get("/units", headers=headers), 403, "totp_enrolment_required")
        posted = await http.post("/work-orders", json={}, headers=headers | {"Idempotency-Key": "k"})
        problem(posted, 403, "totp_enrolment_required")
        assert (await http.get("/account", headers=headers)).json()["duty"] == "enrol_totp"
        app = await enrolled(http, leader)
        headers = await token(http, leader, totp=app.code(1))
        assert (await http.get("/units", headers=headers)).status_code == 200
        assert (await http.get("/units", headers=await token(http, agent))).status_code == 200
