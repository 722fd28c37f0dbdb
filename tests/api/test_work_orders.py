"""Intake of orders, and their lists."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from adapters.auth.tokens import Identity, issue
from adapters.database.encryption import Keyring
from adapters.database.engine import Database
from adapters.database.orders.documents import Documents
from adapters.policy.rule_books import RuleBooks
from application.jobs.start_unstarted_orders import start_unstarted_orders
from application.services import services
from domain.order.records import NewOrder
from domain.words import Role
from tests.api.callers import DEMAND, PASSWORD, Caller, eventually, new_key, problem
from tests.api.conftest import Installation

SignIn = Callable[[str], Caller]


def test_a_wrong_password_opens_nothing(caller: SignIn) -> None:
    nobody = caller("")
    problem(
        nobody.http.post("/token", data={"username": "agent", "password": f"{PASSWORD}x"}), 401, "not_authenticated"
    )
    problem(nobody.http.post("/token", data={"username": "a\x00b", "password": "x"}), 401, "not_authenticated")
    problem(nobody.http.post("/token", data={}), 422, "missing_field")
    refused = nobody.get("/work-orders")
    problem(refused, 401, "not_authenticated")
    assert refused.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_of_another_secret_opens_nothing(installation: Installation) -> None:
    stranger = Caller(installation.base, "")
    forged = issue(Identity(sub="admin", role=Role.ADMIN), "x" * 64)
    stranger.http.headers["Authorization"] = f"Bearer {forged}"
    problem(stranger.get("/units"), 401, "not_authenticated")
    stranger.http.close()


def test_an_intake_that_comes_twice_is_one_order(caller: SignIn) -> None:
    agent, key = caller("agent"), new_key()
    with ThreadPoolExecutor(4) as at_once:
        posts = [at_once.submit(agent.post, "/work-orders", DEMAND, Idempotency_Key=key) for _ in range(4)]
        answers = [post.result() for post in posts]
    opened = [answer for answer in answers if answer.status_code == 201]
    assert opened and {answer.json()["no"] for answer in opened} == {opened[0].json()["no"]}
    for answer in answers:
        if answer.status_code != 201:
            problem(answer, 409, "in_flight")
    again = agent.post("/work-orders", DEMAND, Idempotency_Key=key)
    assert (again.status_code, again.json()) == (201, opened[0].json())
    assert again.headers["Location"] == opened[0].headers["Location"] == f"/api/v1/work-orders/{again.json()['no']}"
    problem(agent.post("/work-orders", DEMAND | {"title": "另一件"}, Idempotency_Key=key), 422, "invalid")
    problem(agent.post("/work-orders", DEMAND, Idempotency_Key="a key"), 422, "invalid")


def found(caller: Caller, phone: str, **page: Any) -> Any:
    """The orders of a telephone."""
    return caller.post("/work-orders/lookup", {"phone": phone, **page}).json()


def test_an_order_is_shown_without_the_citizen(caller: SignIn) -> None:
    agent = caller("agent")
    no = agent.open(title="夜间😀噪声")
    shown = agent.get(f"/work-orders/{no}").json()
    assert (shown["stage"], shown["title"], shown["grade"]) == ("intake", "夜间😀噪声", "days_7")
    assert shown["citizen"] == {"name": "欧**", "phone": "139****5678", "address": "测试街***"}
    listed = agent.post("/work-orders/lookup", {"phone": "+86 139-1234-5678"})
    assert listed.status_code == 200 and DEMAND["citizen"]["phone"] not in listed.text


def test_a_citizen_is_found_without_their_number_in_an_address(caller: SignIn) -> None:
    agent, phone = caller("agent"), "13800002222"
    numbers = [agent.open(citizen={"phone": phone}) for _ in range(3)]
    eventually(lambda: len(found(agent, phone)["items"]) == len(numbers) or None)
    first = agent.post("/work-orders/lookup", {"phone": "+86 138-0000-2222", "limit": 2}).json()
    rest = agent.post("/work-orders/lookup", {"phone": phone, "cursor": first["next"]}).json()
    assert sorted(item["no"] for item in first["items"] + rest["items"]) == numbers and rest["next"] is None
    for body in ({}, {"phone": "x"}, {"phone": phone, "limit": 201}, {"phone": phone, "cursor": "nonsense"}):
        assert agent.post("/work-orders/lookup", body).status_code == 422


def test_what_cannot_be_taken_in_is_refused(caller: SignIn) -> None:
    agent = caller("agent")
    for fields, code in (
        ({"policy": "atlantis"}, "invalid"),
        ({"grade": "critical"}, "invalid"),
        ({"category": "joke"}, "invalid"),
        ({"title": ""}, "invalid"),
        ({"title": "有\x1b字"}, "invalid"),
        ({"citizen": {"phone": "打我电话"}}, "invalid"),
        ({"marks": ["loud"]}, "invalid"),
        ({"surprise": 1}, "invalid"),
        ({"required_by": 5}, "invalid"),
    ):
        problem(agent.post("/work-orders", DEMAND | fields), 422, code)
    problem(agent.post("/work-orders", {key: DEMAND[key] for key in DEMAND if key != "title"}), 422, "missing_field")
    problem(caller("reviewer").post("/work-orders", DEMAND), 403, "not_permitted")


def test_a_list_pages_without_gaps_or_repetitions(caller: SignIn) -> None:
    agent, phone = caller("agent"), "13800001111"
    citizen = {"citizen": {"phone": phone}}
    first = agent.open(**citizen, marks=["urgent_mark"])
    numbers = {first, *(agent.open(**citizen) for _ in range(4))}
    eventually(lambda: len(found(agent, phone)["items"]) == len(numbers) or None)
    paged: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = found(agent, phone, limit=2, **cursor)
        assert len(page["items"]) <= 2
        paged += [item["no"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert paged[0] == first
    assert (len(paged), set(paged)) == (5, numbers)
    for query in ({"cursor": "nonsense"}, {"limit": 0}, {"limit": 201}, {"stage": "nowhere"}):
        problem(agent.get("/work-orders", **query), 422, "invalid")


def test_a_list_takes_no_number_in_its_address_and_passes_over_nothing(caller: SignIn) -> None:
    """An ignored filter would return every order as if it matched."""
    for query in ({"phone": "13800001111"}, {"phon": "1"}, {"stage": "intake", "citizen": "欧阳测试"}):
        refused = problem(caller("agent").get("/work-orders", **query), 422, "invalid")
        assert [fault["at"] for fault in refused["errors"]] == [list(query)[-1]]
        assert "13800001111" not in str(refused) and "欧阳测试" not in str(refused)


def test_the_catalogue_pages_like_every_list(caller: SignIn) -> None:
    agent = caller("agent")
    for path, key in (("/units", ("regime", "id")), ("/policies", ("id",))):
        whole = [tuple(item[name] for name in key) for item in agent.get(path).json()["items"]]
        found: list[tuple[str, ...]] = []
        cursor: dict[str, str] = {}
        while True:
            page = agent.get(path, limit=4, **cursor).json()
            assert 1 <= len(page["items"]) <= 4
            found += [tuple(item[name] for name in key) for item in page["items"]]
            if page["next"] is None:
                break
            cursor = {"cursor": page["next"]}
        assert found == whole and len(set(whole)) == len(whole) > 4
        for query in ({"cursor": "nonsense"}, {"limit": 0}, {"limit": 201}):
            problem(agent.get(path, **query), 422, "invalid")
    elsewhere = agent.get("/work-orders", limit=1).json()["next"] or agent.get("/units", limit=1).json()["next"]
    problem(agent.get("/policies", cursor=elsewhere), 422, "invalid")


def test_a_unit_sees_what_it_has_or_had(caller: SignIn) -> None:
    agent, dispatcher = caller("agent"), caller("dispatcher")
    housing, market = caller("clerk-housing"), caller("clerk-market")
    no = agent.open()
    problem(housing.get(f"/work-orders/{no}"), 404, "unknown_order")
    assert dispatcher.do(no, "dispatch", units=[{"unit": "housing"}]).status_code == 200
    assert no in {item["no"] for item in housing.get("/work-orders", limit=200).json()["items"]}
    for path in ("", "/timeline", "/deadlines", "/proposal"):
        problem(market.get(f"/work-orders/{no}{path}"), 404, "unknown_order")
    problem(market.do(no, "sign"), 404, "unknown_order")
    assert market.get("/work-orders", unit="housing").json()["items"] == []


def test_a_unit_is_proposed_by_the_ladder(caller: SignIn) -> None:
    agent = caller("agent")
    by_area = agent.get(f"/work-orders/{agent.open()}/proposal").json()["units"]
    by_duty = agent.get(f"/work-orders/{agent.open(area=None)}/proposal").json()["units"]
    assert by_area == [{"unit": "town_nanhua", "part": "lead", "step": "area"}]
    assert by_duty == [{"unit": "housing", "part": "lead", "step": "duty"}]


def test_units_and_rule_books_are_open_to_read(caller: SignIn) -> None:
    agent = caller("agent")
    assert {unit["id"] for unit in agent.get("/units", regime="huojia").json()["items"]} >= {"housing"}
    policies = agent.get("/policies").json()["items"]
    assert [policy["id"] for policy in policies] == ["gaotai", "huojia", "dalad", "rugao", "hukou"]
    rules = agent.get("/policies/rugao").json()
    assert rules["rules"]["sign_off"]["within"] == "2wh"
    problem(agent.get("/policies/atlantis"), 404, "not_found")


def _lost(book: RuleBooks, no: str, realm: str = "") -> NewOrder:
    """An order whose intake died after storing it."""
    return NewOrder(
        no=no,
        realm=realm,
        policy_hash=book.hashes["gaotai"],
        regime="gaotai",
        source="phone",
        category="complaint",
        grade="days_7",
        title="丢失的一半",
        content="内容",
    )


async def test_what_an_intake_left_half_done_is_mended(
    installation: Installation, caller: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", installation.temporal.address)
    agent = caller("agent")
    async with services(installation.settings) as ours:
        swept, at_once, rehearsed = "20000101-000001", "20000101-000002", "R00001"
        for no in (swept, at_once):
            await ours.orders.open(_lost(ours.rule_books, no))
        await ours.orders.open(_lost(ours.rule_books, rehearsed, realm="R00001"))
        assert agent.get(f"/work-orders/{at_once}").json()["stage"] == "intake"
        # A command does not wait for the sweep.
        assert agent.do(at_once, "withdraw", reason="不再需要").status_code == 200
        assert await start_unstarted_orders(ours, timedelta(0)) == 1
        assert await start_unstarted_orders(ours, timedelta(0)) == 0
    opened = eventually(lambda: agent.get(f"/work-orders/{swept}/timeline").json() or None)
    assert opened[0]["event"] == "order_opened"
    problem(agent.get(f"/work-orders/{rehearsed}"), 404, "unknown_order")


async def test_an_identity_number_is_kept_apart_and_once(installation: Installation, caller: SignIn) -> None:
    agent, key = caller("agent"), new_key()
    no = agent.post("/work-orders", DEMAND, Idempotency_Key=key).json()["no"]
    agent.post("/work-orders", DEMAND, Idempotency_Key=key)
    database = Database(installation.settings.database_url, Keyring(installation.settings.data_key), pool_size=2)
    kept = [(text.field, text.text) for text in await Documents(database).of_order(no)]
    await database.dispose()
    assert kept == [("id_number", DEMAND["citizen"]["id_number"])]
