"""Changes and uses of accounts are on the installation's audit trail, passwords are not."""

import psycopg

from adapters.database.accounts.users import Account, Users
from adapters.database.audit.acts import Acts
from adapters.database.engine import Database
from domain.access.acts import Act, Deed
from tests.api.door import PASSWORD, door, sign_in, token
from tests.postgres import as_owner

OTHER = "窗外的槐树又开花了呀"


async def acts(database: Database) -> list[Act]:
    return [link.act async for link in Acts(database).links()]


async def test_the_life_of_an_account_can_be_told(database: Database) -> None:
    await Users(database).create(Account(username="root", role="admin", display="甲"), PASSWORD)
    async with door(database) as http:
        admin = await token(http, "root")
        body = {"username": "li", "role": "agent", "regime": "rugao", "display": "李四"}
        initial = (await http.post("/users", json=body, headers=admin)).json()["initial_password"]
        limited = await token(http, "li", initial)
        assert (await http.get("/units", headers=limited)).status_code == 403
        change = {"password": initial, "new_password": OTHER}
        assert (await http.post("/account/password", json=change, headers=limited)).status_code == 204
        assert (await http.post("/account/password", json=change, headers=limited)).status_code == 401
        mine = await token(http, "li", OTHER)
        assert (await http.delete("/account/sessions/current", headers=mine)).status_code == 204
        changed = await http.patch("/users/li", json={"disabled": True, "unlock": True}, headers=admin)
        assert changed.status_code == 200
        assert (await sign_in(http, "li", OTHER)).status_code == 401
        assert (await http.get("/users")).status_code == 401
    told = await acts(database)
    assert [(each.person, each.deed, each.about, each.code) for each in told if each.deed != "session_ended"] == [
        ("root", "signed_in", None, None),
        ("root", "user_added", "li", None),
        ("li", "signed_in", None, None),
        ("li", "refused", None, "password_change_required"),
        ("li", "password_changed", None, None),
        ("li", "sign_in_refused", None, "wrong_password"),
        ("li", "signed_in", None, None),
        ("root", "user_changed", "li", None),
        ("root", "user_unlocked", "li", None),
        ("li", "sign_in_refused", None, "disabled"),
        ("", "refused", None, "not_authenticated"),
    ]
    assert [each.person for each in told if each.deed == "session_ended"] == ["li"]
    assert next(each.data for each in told if each.deed == "user_changed") == {"disabled": True, "fields": "disabled"}
    assert not any(secret in str(told) for secret in (PASSWORD, OTHER, initial, "李四"))


async def test_a_change_that_cannot_be_accounted_for_is_not_made(database: Database, database_url: str) -> None:
    await Users(database).create(Account(username="root", role="admin", display="甲"), PASSWORD)
    async with door(database) as http:
        admin = await token(http, "root")
        with psycopg.connect(as_owner(database_url)) as owner:
            owner.execute("ALTER TABLE acts RENAME TO gone")
        body = {"username": "li", "role": "agent"}
        assert (await http.post("/users", json=body, headers=admin)).status_code == 500
        assert (await http.patch("/users/root", json={"display": "乙"}, headers=admin)).status_code == 500
    assert await Users(database).get("li") is None
    unchanged = await Users(database).get("root")
    assert unchanged is not None and unchanged.display == "甲"


async def test_those_of_a_county_see_its_acts_only(database: Database) -> None:
    await Users(database).create(Account(username="watch", role="inspection", regime="rugao", display="甲"), PASSWORD)
    for regime in ("rugao", "hukou", None):
        await Acts(database).note(Act(deed=Deed.ORDER_READ, person="agent", regime=regime))
    async with door(database) as http:
        watch = await token(http, "watch")
        seen = (await http.get("/audit/acts", headers=watch)).json()["items"]
    assert [(each["deed"], each["person"], each["regime"]) for each in seen] == [
        ("signed_in", "watch", "rugao"),
        ("order_read", "agent", "rugao"),
    ]


async def test_behind_a_proxy_of_ours_an_act_comes_from_the_caller_and_else_from_the_peer(database: Database) -> None:
    async with door(database, JIESU_TRUSTED_PROXIES="127.0.0.1") as behind, door(database) as bare:
        for http in (behind, bare):
            for address in ("198.51.100.7", "198.51.100.8", "198.51.100.7"):
                await http.get("/units", headers={"X-Forwarded-For": address})
    first, second, again, *peers = [each.source for each in await acts(database)]
    assert first == again != second
    assert len({*peers, second, first}) == 3
