"""Rules about the doors of the hotline (shared rules: docs/clauses.md): by which one comes in, and who may look in."""

from collections.abc import Callable

from domain.labels import label
from tests.api.callers import Caller, eventually, problem
from tests.api.conftest import Installation
from tests.api.public import Public, let_in

SignIn = Callable[[str], Caller]
HOUSING = {"units": [{"unit": "housing"}]}


async def sent_in(installation: Installation, regime: str, source: str) -> str:
    """An order that an application of this channel sent by Open311."""
    application = Public(installation.base, await let_in(installation.settings, source=source, regime=regime), regime)
    no = application.open(service_code="complaint")
    application.http.close()
    return no


def came_by(who: Caller, no: str, source: str) -> None:
    """Fails the test unless the order's answers and timeline name its channel."""
    shown = who.get(f"/work-orders/{no}").json()
    assert (shown["source"], shown["source_name"]) == (source, label(source, "source"))
    assert shown["source_name"] != source
    opened = eventually(lambda: who.get(f"/work-orders/{no}/timeline").json() or None)[0]
    assert (opened["event"], opened["source"]) == ("order_opened", source)


async def test_gt_02(installation: Installation, caller: SignIn) -> None:
    """Demands come by phone, SMS, portal, WeChat mini-program and video, and every order says which."""
    agent = caller("agent")
    came_by(agent, agent.open(), "phone")
    for source in ("sms", "video"):
        came_by(agent, agent.open(source=source), source)
    for source in ("portal", "mini_program"):
        came_by(agent, await sent_in(installation, "gaotai", source), source)


async def test_rg_02(installation: Installation, caller: SignIn) -> None:
    """Demands come by WeChat, web, app, snapshot and grid workers, and every order says which."""
    agent = caller("agent")
    for source in ("wechat", "web", "app", "snapshot", "grid"):
        came_by(agent, await sent_in(installation, "rugao", source), source)
    came_by(agent, agent.open(policy="rugao", source="grid", lat=32.37, long=120.56), "grid")


def test_na_07_confidential(installation: Installation, caller: SignIn) -> None:
    """A confidential order is seen by those who were named, by who took it in, and by the hotline's director."""
    agent, dispatcher = caller("agent"), caller("dispatcher")
    no = agent.open(confidential=True, viewers=["dispatcher", "clerk-housing"], citizen={"phone": "13700007007"})
    eventually(lambda: _in_list(dispatcher, no) or None)
    assert dispatcher.do(no, "dispatch", **HOUSING).status_code == 200
    named, others = (
        ("agent", "dispatcher", "hotline_director", "clerk-housing"),
        (
            "supervisor",
            "reviewer",
            "admin",
            "city_platform",
            "section-head-housing",
            "clerk-market",
        ),
    )
    for username in named:
        who = caller(username)
        assert _in_list(who, no), username
        for path in ("", "/timeline", "/deadlines", "/proposal"):
            assert who.get(f"/work-orders/{no}{path}").status_code == 200, (username, path)
    for username in others:
        who = caller(username)
        assert not _in_list(who, no), username
        for path in ("", "/timeline", "/deadlines", "/proposal", "/viewers"):
            problem(who.get(f"/work-orders/{no}{path}"), 404, "unknown_order")
        problem(who.do(no, "sign"), 404, "unknown_order")
        problem(who.post(f"/work-orders/{no}/viewers", {"username": username}), 404, "unknown_order")
    assert caller("city_platform").post("/work-orders/lookup", {"phone": "13700007007"}).json()["items"] == []

    assert dispatcher.post(f"/work-orders/{no}/viewers", {"username": "supervisor"}).status_code == 200
    assert caller("supervisor").do(no, "urge").status_code == 200
    assert caller("hotline_director").http.delete(f"/work-orders/{no}/viewers/supervisor").status_code == 200
    problem(caller("supervisor").get(f"/work-orders/{no}"), 404, "unknown_order")
    rows = [row for row in agent.get(f"/work-orders/{no}/timeline").json() if "viewer" in str(row)]
    assert [(row["event"], row["person"]) for row in rows] == [
        ("made_confidential", "agent"),
        ("viewer_added", "dispatcher"),
        ("viewer_removed", "hotline_director"),
    ]


def _in_list(who: Caller, no: str) -> bool:
    return no in {item["no"] for item in who.get("/work-orders", limit=200).json()["items"]}
