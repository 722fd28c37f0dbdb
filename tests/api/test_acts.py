"""Reads, sign-ins and refusals are recorded on the installation's audit trail."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import psycopg
import pytest
from psycopg.rows import dict_row

from application.anonymous_act_limit import AnonymousActLimit
from tests.api.callers import PASSWORD, Caller, problem
from tests.api.conftest import Installation
from tests.api.evidence import brought
from tests.postgres import as_owner

SignIn = Callable[[str], Caller]
Acts = Callable[..., list[dict[str, Any]]]


FULL = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER acts_no_room BEFORE INSERT ON acts EXECUTE FUNCTION no_room();
"""


@pytest.fixture
def full(installation: Installation) -> Iterator[None]:
    """No act can be written while the test runs."""
    with psycopg.connect(as_owner(installation.settings.database_url), autocommit=True) as connection:
        connection.execute(FULL.encode())
        yield
        connection.execute("DROP FUNCTION no_room CASCADE")


@pytest.fixture
def since(installation: Installation) -> Iterator[Acts]:
    """A function that returns the acts of this test, with these columns."""
    with psycopg.connect(installation.settings.database_url, autocommit=True, row_factory=dict_row) as connection:
        last = connection.execute("SELECT coalesce(max(position), 0) AS n FROM acts").fetchone()
        assert last is not None

        def read(**wanted: Any) -> list[dict[str, Any]]:
            rows = connection.execute("SELECT * FROM acts WHERE position > %s ORDER BY position", [last["n"]])
            return [row for row in rows if all(row[name] == value for name, value in wanted.items())]

        yield read


def test_who_looks_at_an_order_is_noted_with_whether_the_citizen_was_shown(caller: SignIn, since: Acts) -> None:
    agent = caller("agent")
    no = agent.open()
    agent.get(f"/work-orders/{no}")
    agent.post(f"/work-orders/{no}/unmask", {"reason": "核对电话", "fields": ["phone"]})
    agent.get(f"/work-orders/{no}/messages")
    seen = [(row["deed"], row["person"], row["role"], row["regime"], row["data"]) for row in since(order_no=no)]
    assert seen == [
        ("order_read", "agent", "agent", "gaotai", {"revealed": False}),
        ("order_read", "agent", "agent", "gaotai", {"revealed": True}),
        ("messages_read", "agent", "agent", "gaotai", {}),
    ]
    assert all(len(row["source"]) == 32 and len(row["request"]) == 32 for row in since(order_no=no))


def test_lists_are_noted_with_how_much_they_showed(caller: SignIn, since: Acts) -> None:
    agent, staff = caller("agent"), caller("callback_staff")
    agent.open()
    assert agent.post("/work-orders/lookup", {"phone": "13912345678", "limit": 1}).status_code == 200
    for path in ("callbacks", "call-tasks", "inbound-messages"):
        assert staff.get(f"/{path}").status_code == 200
    [listed] = since(deed="orders_listed")
    assert listed["data"] == {"count": 1, "by_phone": True}
    assert "139" not in str(listed["data"]), "the number that was looked for"
    assert [row["person"] for row in since() if row["deed"].endswith("_read")] == ["callback_staff"] * 3


def test_who_opens_a_file_is_known_by_the_link_that_was_made(caller: SignIn, since: Acts) -> None:
    clerk = caller("clerk-housing")
    file = brought(clerk)["id"]
    url = clerk.post(f"/attachments/{file}/link").json()["url"]
    assert httpx.get(httpx.URL(str(clerk.http.base_url)).join(url), trust_env=False).status_code == 200
    [made], [opened] = since(deed="file_link_made"), since(deed="file_opened")
    assert (made["person"], made["about"], opened["person"], opened["about"]) == ("clerk-housing", file, "", file)
    assert made["data"] == opened["data"]
    assert made["data"]["link"] not in url


def test_signing_in_is_noted_and_so_is_each_refusal(caller: SignIn, since: Acts) -> None:
    nobody = caller("")
    for name, password in (("agent", PASSWORD), ("agent", "wrong"), ("hunter2-typed-as-a-name", "x"), ("agent", "no")):
        nobody.http.post("/token", data={"username": name, "password": password})
    rows = since()
    assert [(row["deed"], row["person"], row["code"]) for row in rows] == [
        ("signed_in", "agent", None),
        ("sign_in_refused", "agent", "wrong_password"),
        ("sign_in_refused", "", "unknown_user"),
        ("sign_in_refused", "agent", "wrong_password"),
    ]
    assert "hunter2" not in str(rows)
    assert len({row["source"] for row in rows}) == 1


def test_whoever_is_turned_away_is_noted_with_the_pattern_of_the_address(caller: SignIn, since: Acts) -> None:
    agent, clerk, nobody = caller("agent"), caller("clerk-water"), caller("")
    no = agent.open()
    problem(nobody.get(f"/work-orders/{no}"), 401, "not_authenticated")
    problem(caller("dispatcher").get(f"/work-orders/{no}/viewers"), 422, "not_allowed")
    problem(clerk.get(f"/work-orders/{no}"), 404, "unknown_order")
    problem(agent.do(no, "sign"), 403, "not_permitted")
    rows = since(deed="refused")
    assert [(row["person"], row["order_no"], row["outcome"], row["code"]) for row in rows] == [
        ("", no, "refused", "not_authenticated"),
        ("clerk-water", no, "refused", "unknown_order"),
        ("agent", no, "refused", "not_permitted"),
    ]
    assert rows[0]["data"] == {"status": 401, "method": "GET", "route": "/work-orders/{no}"}


def test_whoever_tries_what_is_hidden_from_them_is_noted(caller: SignIn, since: Acts) -> None:
    agent, clerk = caller("agent"), caller("clerk-water")
    no = agent.open()
    file = brought(agent, order=no)["id"]
    problem(clerk.get(f"/attachments/{file}"), 404, "not_found")
    problem(clerk.get("/attachments/no-such-file"), 404, "not_found")
    assert [(row["person"], row["order_no"], row["code"]) for row in since(deed="refused")] == [
        ("clerk-water", no, "not_found")
    ]


def test_what_somebody_puts_into_an_address_is_not_repeated(caller: SignIn, since: Acts) -> None:
    problem(caller("agent").get("/work-orders/张三的电话13912345678"), 404, "unknown_order")
    [row] = since(deed="refused")
    assert row["order_no"] is None
    assert "13912345678" not in str(row)


def test_what_cannot_be_accounted_for_is_not_shown_and_refusals_stay_refusals(
    caller: SignIn, request: pytest.FixtureRequest
) -> None:
    agent, clerk, nobody = caller("agent"), caller("clerk-housing"), caller("")
    no, file = agent.open(), brought(clerk)["id"]
    link = clerk.post(f"/attachments/{file}/link").json()["url"]
    request.getfixturevalue("full")
    for path in (f"/work-orders/{no}", "/work-orders", f"/work-orders/{no}/messages", link):
        problem(agent.get(path.removeprefix("/api/v1")), 503, "unavailable")
    problem(agent.get("/attachments", order=no), 503, "unavailable")
    problem(nobody.http.post("/token", data={"username": "agent", "password": PASSWORD}), 503, "unavailable")
    problem(nobody.http.post("/token", data={"username": "agent", "password": "wrong"}), 401, "not_authenticated")
    problem(agent.do(no, "sign"), 403, "not_permitted")
    problem(nobody.get("/work-orders"), 401, "not_authenticated")


def test_the_rule_books_in_force_are_noted_once(installation: Installation, caller: SignIn) -> None:
    books = {each["id"]: each["hash"] for each in caller("agent").get("/policies").json()["items"]}
    with psycopg.connect(installation.settings.database_url) as connection:
        noted = connection.execute("SELECT regime, about FROM acts WHERE deed = 'policies_loaded'").fetchall()
    assert sorted(noted) == sorted(books.items())


def test_those_whose_office_it_is_look_at_the_acts_and_are_seen_doing_so(caller: SignIn, since: Acts) -> None:
    agent, inspection = caller("agent"), caller("inspection")
    no = agent.open()
    for _ in range(3):
        agent.get(f"/work-orders/{no}")
    first = inspection.get("/audit/acts", order=no, limit=2).json()
    rest = inspection.get("/audit/acts", order=no, limit=2, cursor=first["next"]).json()
    looked = [(each["deed"], each["deed_name"], each["person"]) for each in (*first["items"], *rest["items"])]
    assert looked[:3] == [("order_read", "查看工单", "agent")] * 3
    assert [row["person"] for row in since(deed="acts_read")] == ["inspection"] * 2
    today = first["items"][0]["at"][:10]
    assert inspection.get("/audit/acts", person="agent", day=today, deed="order_read", order=no).json()["items"]
    for query in ({"day": "2001-01-01"}, {"outcome": "refused"}, {"person": "nobody"}, {"person": "a\x00"}):
        assert inspection.get("/audit/acts", order=no, **query).json()["items"] == []
    for query in ({"day": "9999-12-31"}, {"cursor": "WzE4NDQ2NzQ0MDczNzA5NTUxNjE2XQ"}, {"deed": "sneezed"}):
        problem(inspection.get("/audit/acts", **query), 422, "invalid")
    problem(agent.get("/audit/acts"), 403, "not_permitted")
    problem(agent.get("/audit/anchors"), 403, "not_permitted")


def test_who_looked_at_an_order_is_told_to_its_director(caller: SignIn) -> None:
    agent, director = caller("agent"), caller("hotline_director")
    no = agent.open(confidential=True)
    agent.get(f"/work-orders/{no}")
    problem(caller("clerk-water").get(f"/work-orders/{no}"), 404, "unknown_order")
    [refused, read] = director.get(f"/work-orders/{no}/acts").json()["items"]
    assert (read["person"], read["outcome"]) == ("agent", "done")
    assert (refused["person"], refused["code"]) == ("clerk-water", "unknown_order")
    problem(caller("inspection").get(f"/work-orders/{no}/acts"), 404, "unknown_order")
    problem(agent.get(f"/work-orders/{no}/acts"), 403, "not_permitted")


def test_anchors_are_handed_out_with_what_they_say(installation: Installation, caller: SignIn) -> None:
    body = (
        '{"acts":{"count":1,"head":"aa","last":1},"day":"2900-01-01","orders":{"count":0,"root":"bb"},'
        '"previous":"cc","version":1}'
    )
    with psycopg.connect(as_owner(installation.settings.database_url)) as connection:
        connection.execute("INSERT INTO anchors VALUES ('2900-01-01', %s, 'dd'), ('2900-01-02', '{}', 'ee')", [body])
        try:
            connection.commit()
            page = caller("admin").get("/audit/anchors", limit=1).json()
            later, earlier = page["items"][0], caller("admin").get("/audit/anchors", cursor=page["next"]).json()
        finally:
            connection.execute("SET session_replication_role = replica")
            connection.execute("DELETE FROM anchors WHERE day > '2899-01-01'")
    assert (later["day"], later["acts"], later["body"]) == ("2900-01-02", None, "{}")
    assert earlier["items"][0] == {
        "day": "2900-01-01",
        "acts": {"count": 1, "last": 1, "head": "aa"},
        "orders": {"count": 0, "root": "bb"},
        "previous": "cc",
        "body": body,
        "signature": "dd",
    }


def test_of_strangers_so_many_are_noted_a_minute_and_the_rest_is_counted() -> None:
    anonymous_act_limit = AnonymousActLimit(2)
    assert [anonymous_act_limit.count(now) for now in (60.0, 61.0, 62.0, 119.0, 120.0, 121.0)] == [
        0,
        0,
        None,
        None,
        2,
        0,
    ]
