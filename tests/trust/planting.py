"""Plants the canaries: plays several orders that use every input of the system, until they are archived."""

import json
import time
from typing import Any

from adapters.city.signature import signed
from adapters.database.accounts.api_keys import ApiKeys, new_key
from tests.api.callers import PASSWORD, eventually
from tests.api.evidence import bring, brought, picture
from tests.api.public import Public
from tests.stage import REPLIES
from tests.telephone.exchange import Exchange
from tests.telephone.test_calls import Ringing, ring
from tests.trust.canaries import VALUES as SAY

CITY_SECRET = "the-secret-of-the-canaries"  # noqa: S105
HOUSING = {"units": [{"unit": "housing"}]}
CLERK = "clerk-housing"
ORDINARY = "一件平常的事情"
CONTROL = "对照田鹨镇"
"""A place name that is stored in clear, and must be found by the search."""


def citizen(who: str, *more: str) -> dict[str, str]:
    """A citizen whose data are canaries."""
    return {field: SAY[f"{who}_{field}"] for field in ("name", "phone", "address", *more)}


def ended(exchange: Exchange, no: str) -> str:
    """Wait until the order is archived."""
    exchange.happens(no, "order_archived")
    return no


def worked(exchange: Exchange, **demand: Any) -> str:
    """An order that the housing office has signed."""
    no = exchange.caller("agent").open(**demand)
    exchange.do("dispatcher", no, "dispatch", **HOUSING)
    exchange.do(CLERK, no, "sign")
    return no


def decided(exchange: Exchange, username: str, no: str, kind: str, decision: str, comment: str) -> None:
    """Answer the open approval of a kind."""
    who = exchange.caller(username)
    items = eventually(
        lambda: (
            [
                each
                for each in who.get("/approvals", limit=200).json()["items"]
                if (each["order"], each["kind"]) == (no, kind)
            ]
            or None
        )
    )
    said = who.post(f"/approvals/{items[0]['id']}/decision", {"decision": decision, "comment": comment})
    assert said.status_code == 202, said.text


def a_talkative_order(exchange: Exchange) -> str:
    """An order with every text field of unit, supervisors and citizen, and files."""
    demand = {"title": SAY["a_title"], "content": SAY["a_content"], "location": SAY["a_location"]}
    no = worked(exchange, **demand, area=CONTROL, grade="days_7", citizen=citizen("a", "email", "id_number"))
    exchange.do(CLERK, no, "request_return", reason=SAY["return_reason"], basis=SAY["return_basis"])
    decided(exchange, "dispatcher", no, "return", "reject", SAY["return_comment"])
    exchange.happens(no, "return_refused")
    exchange.do(CLERK, no, "request_extension", reason=SAY["extension_reason"])
    decided(exchange, "hotline_director", no, "extension", "reject", SAY["review"])
    exchange.do(CLERK, no, "report_progress", text=SAY["progress"], plan=SAY["plan"])
    exchange.do(CLERK, no, "record_visit", purpose="explain", text=SAY["visit"])
    exchange.do("supervisor", no, "urge", comment=SAY["urge"])
    exchange.do("supervisor", no, "open_supervision", level="special", reason=SAY["supervision"])
    exchange.do(CLERK, no, "answer_supervision", text=SAY["answer"])
    file = brought(exchange.caller(CLERK), name=f"{SAY['file_name']}.jpg", order=no, note=SAY["file_note"])["id"]
    brought(exchange.caller(CLERK), picture(comment=SAY["file_content"].encode()), order=no)
    refused = exchange.caller(CLERK).do(no, "submit_reply", sections={"handling": SAY["refused_reply"]})
    assert refused.status_code == 422
    sections = dict.fromkeys(REPLIES["gaotai"]["sections"], SAY["reply"])
    exchange.do(CLERK, no, "submit_reply", sections=sections, resolution="resolved", attachments=[file])
    decided(exchange, "reviewer", no, "review", "approve", SAY["review"])
    exchange.asked(no)
    read = {"reason": SAY["reading"], "fields": list(citizen("a", "email", "id_number"))}
    assert exchange.caller("agent").post(f"/work-orders/{no}/unmask", read).json()["citizen"] == {
        name: SAY[f"a_{name}"] for name in read["fields"]
    }
    exchange.text(SAY["a_phone"], f"5 {SAY['answered']}，请打{SAY['texted_phone']}")
    ended(exchange, no)
    exchange.text(SAY["a_phone"], f"1 {SAY['late']}")
    return no


def an_accusation(exchange: Exchange) -> str:
    """An order against the unit that handles it, with evidence and a citizen who names themselves in it."""
    said = "，".join((SAY["accusation"], *citizen("accuser").values()))
    demand = {"title": f"{SAY['accuser_name']}：{SAY['accusation_title']}", "content": said}
    no = worked(exchange, **demand, grade="days_3", citizen=citizen("accuser"), complained_of="housing")
    brought(exchange.caller("agent"), name=f"{SAY['evidence_name']}.jpg", order=no, note=SAY["evidence_note"])
    exchange.reply(no)
    exchange.asked(no)
    exchange.do("callback_staff", no, "record_callback", result="satisfied", handling_rating=5, comment=SAY["callback"])
    return ended(exchange, no)


async def a_call(exchange: Exchange) -> str:
    """An order whose citizen speaks to the automatic call."""
    call: Ringing = await ring(exchange)
    call.answers()
    call.says(f"五分，{SAY['voice']}")
    call.presses("5")
    return ended(exchange, call.no)


def answered_and_handed_on(exchange: Exchange) -> list[str]:
    """Further orders: answered at intake, confidential and withdrawn, transferred to a line, and suspended."""
    agent = exchange.caller("agent")
    consult = {"category": "consult", "title": SAY["joined_title"], "content": ORDINARY}
    joined = agent.open(**consult, citizen=citizen("joined"))
    exchange.do("agent", joined, "answer_at_intake", text=SAY["at_intake"])
    hidden = agent.open(
        title=SAY["hidden_title"],
        content=SAY["hidden_content"],
        citizen=citizen("hidden"),
        confidential=True,
        viewers=["dispatcher"],
    )
    exchange.do("agent", hidden, "withdraw", reason=SAY["withdrawn"])
    line = agent.open(title=ORDINARY, content=ORDINARY, citizen={"phone": SAY["caller_phone"]})
    exchange.do("agent", line, "transfer_out", line="119", reason=SAY["transfer"])
    exchange.do("dispatcher", line, "acknowledge_transfer", reference="119-77")
    waits = worked(exchange, title=ORDINARY, content=ORDINARY, citizen={})
    asked = exchange.caller(CLERK).do(waits, "request_suspension", reason=SAY["suspension"], review_every="30d")
    assert asked.status_code == 200, asked.text
    return [*(ended(exchange, no) for no in (joined, line)), waits]


async def from_outside(exchange: Exchange) -> str:
    """Inputs from outside: Open311, the city's webhook, and texts from unknown numbers."""
    key = new_key().text
    await ApiKeys(exchange.services.database).add(key, regime="gaotai", source="app", name="测试", per_minute=10_000)
    application = Public(exchange.base, key)
    no = application.open(
        description="，".join((SAY["public_content"], SAY["public_phone"])),
        address_string=SAY["public_place"],
        first_name=SAY["public_first"],
        last_name=SAY["public_last"],
        phone=SAY["public_phone"],
        email=SAY["public_email"],
        account_id=SAY["public_account"],
        device_id=SAY["public_device"],
    )
    application.http.close()
    exchange.do("agent", no, "withdraw", reason=SAY["withdrawn"])
    for id_, type_, data in (
        ("c1", "order", {"order_no": "SZ-1", "title": SAY["city_title"], "content": ORDINARY, "type_code": "03"}
         | {"caller": citizen("city"), "remark": SAY["city_remark"]}),
        ("c2", "urge", {"order_no": "SZ-1", "opinion": SAY["city_urge"]}),
        ("c3", "order", {"order_no": [SAY["bad_city"]]}),
    ):  # fmt: skip
        message = {"id": id_, "type": type_, "area": "620724", "data": data}
        body = json.dumps(message).encode()
        headers = signed(CITY_SECRET, id_, body, time.time())
        answer = exchange.caller("").http.post("/webhooks/city", content=body, headers=headers)
        assert answer.status_code == (422 if id_ == "c3" else 200), answer.text
        if id_ == "c1":
            exchange.do("dispatcher", answer.json()["no"], "dispatch", units=[{"unit": "water"}])
    exchange.text(f"+86{SAY['stranger_phone']}", SAY["stray"])
    return ended(exchange, no)


async def send_refused_inputs(exchange: Exchange, no: str) -> None:
    """Send refused inputs: bad requests, passwords and files, and values in URLs."""
    agent, demand = (
        exchange.caller("agent"),
        {"policy": "gaotai", "category": "complaint", "title": "x", "content": "x"},
    )
    for wrong in (
        {"citizen": {"phone": SAY["bad_phone"]}},
        {"citizen": {"phone": [SAY["bad_body_phone"]]}},
        {SAY["bad_field"]: 1},
        {"category": SAY["bad_value"]},
    ):
        assert agent.post("/work-orders", demand | wrong).status_code == 422
    headers = {"Content-Type": "application/json"}
    assert agent.http.post("/work-orders", content=f'{{"title": "{SAY["bad_json"]}', headers=headers).status_code == 400
    # Half a surrogate pair cannot be encoded, and an error that quotes it would also quote the rest.
    halved = json.dumps(demand | {"citizen": {"name": SAY["bad_name"] + "\ud800"}})
    assert agent.http.post("/work-orders", content=halved, headers=headers).status_code == 422
    assert agent.do(no, SAY["bad_command"]).status_code == 422
    dispatcher = exchange.caller("dispatcher")
    assert dispatcher.do(no, "dispatch", units=[{"unit": SAY["bad_unit"]}]).status_code == 404
    assert agent.get("/work-orders", phone=SAY["looked_up_phone"]).status_code == 422
    assert agent.post("/work-orders/lookup", {"phone": SAY["looked_up_phone"]}).json()["items"] == []
    agent.get("/work-orders", city_no=SAY["bad_query"])
    agent.get("/work-orders", stage=SAY["bad_query"])
    agent.get(f"/work-orders/{SAY['bad_path']}/timeline")
    for password in (SAY["password"], f"{PASSWORD}{SAY['password']}"):
        assert agent.http.post("/token", data={"username": "agent", "password": password}).status_code == 401
    content = b"MZ" + SAY["bad_file_content"].encode() * 20
    assert bring(agent, content, f"{SAY['bad_file_name']}.exe").status_code == 415


async def task_done(exchange: Exchange, no: str) -> None:
    """Finish a call task with a note."""
    about: dict[str, Any] = {"template": "citizen_update", "to_role": "citizen", "unit": None, "party": no}
    await exchange.services.call_tasks.open(f"{no}:N99", no, realm="", regime="gaotai", **about)
    done = exchange.caller("callback_staff").post(f"/call-tasks/{no}:N99/done", {"note": SAY["task_note"]})
    assert done.status_code == 200, done.text
