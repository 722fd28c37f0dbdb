"""Rules about the citizen's data (HK-17, NA-06), through every route and for everybody who works with an order."""

import re
from collections.abc import Callable
from typing import Any

from tests.api.callers import DEMAND, Caller, eventually, problem
from tests.api.evidence import brought

SignIn = Callable[[str], Caller]
CITIZEN = {
    "name": "司马朱鹮",
    "phone": "13700170017",
    "address": "朱鹮街17号院5楼",
    "email": "ibis@example.com",
    "id_number": "622201198807071717",
}
SECRETS = (*CITIZEN.values(), "司马", "1370017", "17号院")
END_OF_NUMBER = re.compile(r"(?<![0-9A-Za-z])0017(?![0-9A-Za-z])")
COMPLAINT = {
    "citizen": CITIZEN,
    "title": "司马朱鹮反映住建局",
    "content": "我是司马朱鹮（司马女士），住朱鹮街17号院5楼，电话137-0017-0017，证件622201198807071717，态度生硬。",
    "location": "朱鹮街17号院5楼门口",
    "lat": 39.37,
    "long": 99.82,
}
EVERYTHING: dict[str, Any] = {"reason": "上门核实", "fields": list(CITIZEN)}


def seen(told: str, *more: str) -> list[str]:
    """The data of the citizen, and of `more`, that a text contains.

    The end of the number counts only as a whole number: ids and moments are full of digits.
    """
    return [secret for secret in (*SECRETS, *more) if secret in told] + END_OF_NUMBER.findall(told)


def all_that_it_reads(who: Caller, no: str) -> str:
    """Every answer about an order that this person can get, as one text."""
    paths = ("", "/timeline", "/deadlines", "/proposal", "/messages", "/viewers")
    answers = [who.get(f"/work-orders/{no}{path}").text for path in paths]
    answers += [who.get("/attachments", order=no).text, who.get("/approvals", limit=200).text]
    answers.append(who.get("/work-orders", limit=200).text)
    return "\n".join(answers)


def handled(caller: SignIn, **demand: Any) -> str:
    """An order that the housing office has signed."""
    no = caller("agent").open(**demand)
    assert caller("dispatcher").do(no, "dispatch", units=[{"unit": "housing"}]).status_code == 200
    assert caller("clerk-housing").do(no, "sign").status_code == 200
    eventually(lambda: caller("clerk-housing").get(f"/work-orders/{no}").json()["stage"] == "handling" or None)
    return no


def test_hk_17_never_the_unit_complained_of(caller: SignIn) -> None:
    """The unit complained of reads what it is reproached with, and neither who complained nor their evidence."""
    no = handled(caller, **COMPLAINT, complained_of="housing")
    evidence = brought(caller("agent"), order=no, note="司马朱鹮提供的录音")["id"]
    for username in ("clerk-housing", "section-head-housing", "principal-leader-housing"):
        accused = caller(username)
        shown = accused.get(f"/work-orders/{no}").json()
        assert shown["citizen"] == {"name": "***", "phone": "***", "address": "***"}
        assert (shown["title"], shown["complained_of"]) == ("***反映住建局", "housing")
        assert shown["content"] == "我是***（***），住***，电话***，证件***，态度生硬。"
        assert (shown["lat"], shown["long"], shown["location"]) == (None, None, "***")
        told = all_that_it_reads(accused, no)
        assert no in told and not seen(told, evidence), username
        guess = accused.post("/work-orders/lookup", {"phone": CITIZEN["phone"]})
        assert (guess.status_code, guess.json()["items"]) == (200, []), "not even by a guess"
        problem(accused.get(f"/attachments/{evidence}"), 404, "not_found")
        problem(accused.post(f"/attachments/{evidence}/link"), 404, "not_found")
        refused = problem(accused.post(f"/work-orders/{no}/unmask", EVERYTHING), 403, "not_permitted")
        assert refused["clause"] == "HK-17"
    mine = brought(caller("clerk-housing"), order=no)["id"]
    listed = caller("clerk-housing").get("/attachments", order=no).json()["items"]
    assert [each["id"] for each in listed] == [mine], "what it brought itself it sees"
    assert caller("dispatcher").get(f"/work-orders/{no}").json()["content"] == COMPLAINT["content"]


def test_hk_17_named_later(caller: SignIn) -> None:
    """Which unit is complained of can be found out later: from then on it reads nothing of the citizen."""
    no, clerk, dispatcher = handled(caller, **COMPLAINT), caller("clerk-housing"), caller("dispatcher")
    assert clerk.post(f"/work-orders/{no}/unmask", {"reason": "上门", "fields": ["phone"]}).status_code == 200
    path = f"/work-orders/{no}/complained-of"
    problem(clerk.http.put(path, json={"unit": None}), 403, "not_permitted")
    problem(dispatcher.http.put(path, json={"unit": "atlantis"}), 404, "unknown_unit")
    for _ in range(2):
        assert dispatcher.http.put(path, json={"unit": "housing"}).json() == {"no": no, "complained_of": "housing"}
    problem(clerk.post(f"/work-orders/{no}/unmask", {"reason": "上门", "fields": ["phone"]}), 403, "not_permitted")
    assert not seen(all_that_it_reads(clerk, no))
    rows = [
        row for row in dispatcher.get(f"/work-orders/{no}/timeline").json() if row["event"] == "complained_of_named"
    ]
    assert [(row["actor"], row["person"], row["unit"]) for row in rows] == [("dispatcher", "dispatcher", "housing")]
    problem(caller("agent").post("/work-orders", DEMAND | {"complained_of": "atlantis"}), 404, "unknown_unit")


def test_na_06_masked_by_default(caller: SignIn) -> None:
    """Everybody sees the citizen masked; in full only who needs it, for a reason, and the trail says who read what."""
    no = handled(caller, **COMPLAINT)
    whole = {name: CITIZEN[name] for name in ("name", "phone", "address", "email")}
    for username in ("agent", "dispatcher", "reviewer", "county_leader", "clerk-housing", "admin"):
        shown = caller(username).get(f"/work-orders/{no}").json()
        assert shown["citizen"] == {"name": "司**", "phone": "137****0017", "address": "朱鹮街***"}
        assert shown["citizen_email"] == "***"
        at_work = username in {"agent", "dispatcher", "clerk-housing"}
        assert (shown["content"] == COMPLAINT["content"]) is at_work, "what was written names nobody to the others"
        assert not at_work or shown["title"] == COMPLAINT["title"]
        listed = next(row for row in caller(username).get("/work-orders", limit=200).json()["items"] if row["no"] == no)
        assert listed["title"] == shown["title"] and (at_work or shown["title"] == "***反映住建局")
    path = f"/work-orders/{no}/unmask"
    clerk = caller("clerk-housing").post(path, {"reason": "约定上门时间", "fields": list(whole)})
    assert clerk.json() == {"no": no, "citizen": whole}
    agent = caller("agent").post(path, {"reason": "核对身份", "fields": ["id_number"]})
    assert agent.json()["citizen"] == {"id_number": CITIZEN["id_number"]}
    for username, body in (
        ("clerk-housing", EVERYTHING),
        ("callback_staff", {"reason": "回访", "fields": ["phone", "address"]}),
        ("reviewer", {"reason": "好奇", "fields": ["name"]}),
        ("county_leader", {"reason": "好奇", "fields": ["name"]}),
        ("admin", {"reason": "好奇", "fields": ["name"]}),
        ("city_platform", {"reason": "好奇", "fields": ["name"]}),
    ):
        assert problem(caller(username).post(path, body), 403, "not_permitted")["clause"] == "NA-06", username
    problem(caller("clerk-market").post(path, EVERYTHING), 404, "unknown_order")
    problem(caller("agent").post(path, {"reason": " 。", "fields": ["name"]}), 422, "missing_field")
    incomplete: list[dict[str, Any]] = [
        {"reason": "核对", "fields": []},
        {"reason": "核对", "fields": ["secrets"]},
        {"fields": ["name"]},
    ]
    for bad in incomplete:
        assert caller("agent").post(path, bad).status_code == 422
    timeline = caller("agent").get(f"/work-orders/{no}/timeline")
    reads = [row for row in timeline.json() if row["event"] == "personal_data_read"]
    assert [(row["person"], row["fields"], row["occasion"]) for row in reads] == [
        ("clerk-housing", sorted(whole), "unmask"),
        ("agent", ["id_number"], "unmask"),
    ]
    assert [row["code"] for row in timeline.json() if row.get("do") == "unmask"] == [
        *["not_permitted"] * 6,
        "missing_field",
    ]
    assert "约定上门时间" not in timeline.text and set(reads[0]["reason"]) == {
        "document", "length", "vague", "duplicate_of",
    }  # fmt: skip


def test_na_06_every_look_is_asked_anew(caller: SignIn) -> None:
    """A look is allowed and written down each time: a repeated key brings no kept answer, no list tells a number."""
    no = handled(caller, **COMPLAINT)
    clerk, path = caller("clerk-housing"), f"/work-orders/{no}/unmask"
    seen = clerk.post(path, EVERYTHING | {"fields": ["phone"]}, Idempotency_Key=f"look-{no}")
    assert seen.json()["citizen"] == {"phone": CITIZEN["phone"]}
    assert caller("dispatcher").http.put(f"/work-orders/{no}/complained-of", json={"unit": "housing"}).is_success
    again = clerk.post(path, EVERYTHING | {"fields": ["phone"]}, Idempotency_Key=f"look-{no}")
    problem(again, 403, "not_permitted")
    timeline = caller("hotline_director").get(f"/work-orders/{no}/timeline").json()
    refused = next(row for row in timeline if row["event"] == "refused")
    assert (refused["person"], refused["do"]) == ("clerk-housing", "unmask")
    for username in ("supervisor", "reviewer", "inspection", "admin"):
        problem(caller(username).post("/work-orders/lookup", {"phone": CITIZEN["phone"]}), 403, "not_permitted")


def test_hk_17_no_merger_shows_who_complained(caller: SignIn) -> None:
    """An order that complains of an office joins none that this office reads, and a confidential one none at all."""
    agent = caller("agent")
    target, accusing = agent.open(), agent.open(**COMPLAINT, complained_of="housing")
    hidden = agent.open(confidential=True)
    problem(agent.do(accusing, "merge", into=target), 422, "not_allowed")
    problem(agent.do(hidden, "merge", into=target), 422, "not_allowed")
    problem(agent.do(target, "merge", into=hidden), 422, "not_allowed")
