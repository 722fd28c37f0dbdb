"""Confidential orders in every route of the API."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.api.callers import DEMAND, Caller, eventually, new_key, problem

SignIn = Callable[[str], Caller]
HOUSING = {"units": [{"unit": "housing"}]}


def confidential(who: Caller, *viewers: str, **fields: Any) -> str:
    """Take in a confidential order."""
    return who.open(confidential=True, viewers=list(viewers), **fields)


@pytest.fixture
def replied(caller: SignIn) -> str:
    """A confidential order whose reply waits for a reviewer; one clerk of the unit is named, no reviewer."""
    no = confidential(caller("agent"), "dispatcher", "clerk-housing")
    clerk = caller("clerk-housing")
    assert caller("dispatcher").do(no, "dispatch", **HOUSING).status_code == 200
    assert clerk.do(no, "sign").status_code == 200
    reply = {"sections": {"handling": "已更换循环泵", "result": "室温达到二十度"}, "resolution": "resolved"}
    assert clerk.do(no, "submit_reply", **reply).status_code == 200
    return no


def approvals(who: Caller) -> set[str]:
    return {item["order"] for item in who.get("/approvals", limit=200).json()["items"]}


def test_a_decision_is_for_those_who_see_the_order(caller: SignIn, replied: str) -> None:
    reviewer, director = caller("reviewer"), caller("hotline_director")
    approval, answer = f"/approvals/{replied}:A1/decision", {"decision": "approve"}
    assert replied not in approvals(reviewer)
    problem(reviewer.post(approval, answer), 404, "not_found")
    assert replied in approvals(director)
    assert director.post(f"/work-orders/{replied}/viewers", {"username": "reviewer"}).status_code == 200
    assert replied in approvals(reviewer)
    assert reviewer.post(approval, answer).status_code == 202
    eventually(lambda: reviewer.get(f"/work-orders/{replied}").json()["stage"] == "callback" or None)


def test_another_order_does_not_lead_to_a_confidential_one(caller: SignIn) -> None:
    agent, hidden = caller("agent"), confidential(caller("hotline_director"))
    plain = agent.open()
    problem(agent.do(plain, "merge", into=hidden), 404, "unknown_order")
    problem(caller("dispatcher").do(plain, "dispatch", **HOUSING, precedent=hidden), 404, "unknown_order")
    assert agent.get(f"/work-orders/{plain}").json()["stage"] == "intake"


def test_who_sees_it_is_changed_by_those_who_may_and_written_down_once(caller: SignIn) -> None:
    agent, dispatcher = caller("agent"), caller("dispatcher")
    no = confidential(agent, "dispatcher")
    viewers = f"/work-orders/{no}/viewers"
    problem(agent.post(viewers, {"username": "reviewer"}), 403, "not_permitted")
    problem(caller("supervisor").post(viewers, {"username": "supervisor"}), 404, "unknown_order")
    problem(dispatcher.post(viewers, {"username": "nobody"}), 422, "invalid")
    problem(dispatcher.post(viewers, {"username": "clerk-housing@dalad"}), 422, "invalid")
    problem(dispatcher.post(viewers, {"username": "a\x00b"}), 422, "invalid")
    key = new_key()
    for _ in range(2):
        added = dispatcher.post(viewers, {"username": "reviewer"}, Idempotency_Key=key)
        assert added.json() == {"no": no, "taken_by": "agent", "viewers": ["dispatcher", "reviewer"]}
    assert dispatcher.post(viewers, {"username": "reviewer"}).status_code == 200
    for _ in range(2):
        assert dispatcher.http.delete(f"{viewers}/reviewer").json()["viewers"] == ["dispatcher"]
    assert dispatcher.http.delete(f"{viewers}/%00").json()["viewers"] == ["dispatcher"]
    assert dispatcher.get(viewers).json()["viewers"] == ["dispatcher"]
    eventually(lambda: len(agent.get(f"/work-orders/{no}/timeline").json()) == 4 or None)
    changes = [row for row in agent.get(f"/work-orders/{no}/timeline").json() if row["event"] != "order_opened"]
    assert [(row["event"], row["actor"], row["person"]) for row in changes] == [
        ("made_confidential", "agent", "agent"),
        ("viewer_added", "dispatcher", "dispatcher"),
        ("viewer_removed", "dispatcher", "dispatcher"),
    ]
    assert (changes[0]["viewers"], changes[1]["viewer"], changes[2]["viewer"]) == (
        ["dispatcher"],
        "reviewer",
        "reviewer",
    )


def test_what_cannot_be_kept_confidential_is_refused(caller: SignIn) -> None:
    agent = caller("agent")
    problem(agent.post("/work-orders", DEMAND | {"viewers": ["reviewer"]}), 422, "invalid")
    problem(agent.post("/work-orders", DEMAND | {"confidential": "yes"}), 422, "invalid")
    problem(agent.post("/work-orders", DEMAND | {"confidential": True, "viewers": ["nobody"]}), 422, "invalid")
    problem(agent.post("/work-orders", DEMAND | {"confidential": True, "viewers": ["a\x00"]}), 422, "invalid")
    plain = agent.open()
    refused = problem(
        caller("dispatcher").post(f"/work-orders/{plain}/viewers", {"username": "agent"}), 422, "not_allowed"
    )
    assert refused["clause"] == "NA-07"


def test_where_the_matter_is_stands_on_the_order(caller: SignIn) -> None:
    agent = caller("agent")
    shown = agent.get(f"/work-orders/{agent.open(lat=39.37, long=99.82, location='学府路口')}").json()
    assert (shown["lat"], shown["long"], shown["location"], shown["confidential"]) == (39.37, 99.82, "学府路口", False)
    for fields in ({"lat": 39.37}, {"lat": 91, "long": 0}, {"lat": 0, "long": 181}, {"lat": 10**400, "long": 0}):
        problem(agent.post("/work-orders", DEMAND | fields), 422, "invalid")


def test_a_number_of_the_city_neither_names_a_confidential_order_nor_writes_into_it(
    caller: SignIn, database_url: str
) -> None:
    agent, city_no = caller("agent"), new_key()
    hidden = confidential(caller("hotline_director"), city_no=city_no)
    refused = agent.post("/work-orders", DEMAND | {"city_no": city_no})
    assert (refused.status_code, hidden in refused.text) == (409, False)
    again = {"city_no": city_no, "source": "city_platform", "citizen": {"id_number": "622201199001011234"}}
    agent.post("/work-orders", DEMAND | again)
    with psycopg.connect(database_url) as connection:
        documents = connection.execute("SELECT count(*) FROM documents WHERE order_no = %s", (hidden,)).fetchone()
    assert documents == (0,)
