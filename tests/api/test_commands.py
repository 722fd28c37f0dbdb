"""Commands and decisions over HTTP: a whole life, and what is refused."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.callers import Caller, eventually, new_key, problem
from tests.api.evidence import brought

SignIn = Callable[[str], Caller]
HOUSING = {"units": [{"unit": "housing", "part": "lead"}]}


@pytest.fixture
def agent(caller: SignIn) -> Caller:
    return caller("agent")


@pytest.fixture
def dispatcher(caller: SignIn) -> Caller:
    return caller("dispatcher")


@pytest.fixture
def clerk(caller: SignIn) -> Caller:
    return caller("clerk-housing")


@pytest.fixture
def signed(agent: Caller, dispatcher: Caller, clerk: Caller) -> str:
    """An order of gaotai that the housing bureau works on."""
    no = agent.open()
    assert dispatcher.do(no, "dispatch", **HOUSING).status_code == 200
    assert clerk.do(no, "sign").status_code == 200
    return no


def test_an_order_goes_from_intake_to_a_satisfied_citizen(caller: SignIn, signed: str, clerk: Caller) -> None:
    reply = {"sections": {"handling": "已更换循环泵", "result": "室温达到二十度"}, "resolution": "resolved"}
    accepted = clerk.do(signed, "submit_reply", **reply)
    assert accepted.status_code == 200, accepted.text
    assert (accepted.json()["stage"], accepted.json()["events"][0]) == ("review", "reply_submitted")

    reviewer = caller("reviewer")
    mine = [item for item in reviewer.get("/approvals", limit=200).json()["items"] if item["order"] == signed]
    assert [(item["id"], item["kind"]) for item in mine] == [(f"{signed}:A1", "review")]
    sent = reviewer.post(f"/approvals/{signed}:A1/decision", {"decision": "approve", "comment": "要素齐全😀"})
    assert (sent.status_code, sent.json()) == (202, {"id": f"{signed}:A1", "status": "sent"})
    eventually(lambda: _at_stage(reviewer, signed, "callback"))

    done = caller("callback_staff").do(signed, "record_callback", result="satisfied", handling_rating=5)
    assert done.status_code == 200, done.text
    events = [event["event"] for event in reviewer.get(f"/work-orders/{signed}/timeline").json()]
    assert events[0] == "order_opened"
    assert {"order_signed", "approval_decided", "reply_accepted", "order_closed"} <= set(events)


def _at_stage(who: Caller, no: str, stage: str) -> bool | None:
    return who.get(f"/work-orders/{no}").json()["stage"] == stage or None


def test_a_repeated_command_takes_effect_once(agent: Caller, dispatcher: Caller) -> None:
    no, key = agent.open(), new_key()
    path = f"/work-orders/{no}/commands/dispatch"
    first = dispatcher.post(path, HOUSING, Idempotency_Key=key)
    second = dispatcher.post(path, HOUSING, Idempotency_Key=key)
    assert first.status_code == second.status_code == 200, second.text
    assert first.json() == second.json()
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    problem(dispatcher.post(path, {"units": []}, Idempotency_Key=key), 422, "invalid")
    problem(dispatcher.post(path, HOUSING), 409, "wrong_stage")


@pytest.mark.parametrize(
    ("who", "command", "body", "status", "code"),
    [
        ("agent", "dispatch", HOUSING, 403, "not_permitted"),
        ("clerk-housing", "sign", {"unit": "water"}, 403, "not_permitted"),
        ("clerk-housing", "sign", {}, 409, "already_done"),
        ("dispatcher", "dispatch", HOUSING, 409, "wrong_stage"),
        ("agent", "withdraw", {"reason": 5}, 422, "invalid"),
        ("agent", "withdraw", {"motive": "无"}, 422, "invalid"),
        ("agent", "withdraw", {"reason": "有\x00字"}, 422, "invalid"),
        ("agent", "withdraw", {"reason": "长" * 20_001}, 422, "invalid"),
        ("agent", "transfer_out", {}, 422, "missing_field"),
        ("agent", "transfer_out", {"line": "999"}, 422, "invalid"),
        ("agent", "transfer_out", {"line": 110}, 409, "wrong_stage"),
        ("agent", "fly", {}, 422, "invalid"),
        ("clerk-housing", "request_return", {}, 422, "missing_field"),
        ("clerk-housing", "request_return", {"reason": "非本单位", "proposed_unit": "moon"}, 404, "unknown_unit"),
        ("clerk-housing", "submit_reply", {"sections": {"handling": "好"}}, 422, "missing_section"),
        ("clerk-housing", "submit_reply", {"sections": ["好"]}, 422, "invalid"),
        ("clerk-housing", "request_extension", {"until": "2019-13-45"}, 422, "invalid"),
        ("clerk-housing", "request_extension", {"reason": "难", "until": "2099-12-31"}, 422, "exceeds_maximum"),
        ("clerk-housing", "appeal", {"ground": "no_legal_basis", "text": "无依据"}, 422, "not_allowed"),
    ],
)
def test_what_may_not_be_done_is_refused(
    caller: SignIn, signed: str, who: str, command: str, body: dict[str, Any], status: int, code: str
) -> None:
    before = _done(caller("admin"), signed)
    document = problem(caller(who).do(signed, command, **body), status, code)
    assert document["instance"] == f"/api/v1/work-orders/{signed}/commands/{command}"
    assert _done(caller("admin"), signed) == before


def _done(who: Caller, no: str) -> list[str]:
    """The events that people caused; events about notices are left out, because their time varies."""
    events = [event["event"] for event in who.get(f"/work-orders/{no}/timeline").json()]
    return [event for event in events if event != "refused" and not event.startswith("notice_")]


def test_a_refusal_stands_in_the_timeline_with_its_clause(signed: str, clerk: Caller) -> None:
    refused = problem(clerk.do(signed, "submit_reply", sections={"handling": "好"}), 422, "missing_section")
    assert refused["clause"] == "GT-13"
    last = clerk.get(f"/work-orders/{signed}/timeline").json()[-1]
    assert (last["event"], last["do"], last["code"]) == ("refused", "submit_reply", "missing_section")
    assert last["reason"] == refused["detail"]


def test_a_limit_passed_in_a_day_means_its_close_of_business(agent: Caller, dispatcher: Caller) -> None:
    no = agent.open(policy="rugao", category="complaint")
    assert dispatcher.do(no, "dispatch", **HOUSING).status_code == 200
    clocks = {clock["clock"]: clock for clock in agent.get(f"/work-orders/{no}/deadlines").json()}
    assert clocks["handling"]["due_at"].endswith("T17:30:00+08:00")
    assert clocks["handling"]["basis"]["limit"] == "5wd"
    assert clocks["handling"]["basis"]["clause"] == "RG-09"


def test_the_same_words_do_not_answer_twice(caller: SignIn, agent: Caller, dispatcher: Caller) -> None:
    clerk = caller("clerk-housing@dalad")
    body = {
        "sections": {name: f"{name}：现场核实后已维修完毕" for name in ("facts", "process", "result", "satisfaction")},
        "facts_hold": True,
        "citizen_satisfied": True,
        "resolution": "resolved",
    }
    numbers = [agent.open(policy="dalad") for _ in range(2)]
    for no in numbers:
        assert dispatcher.do(no, "dispatch", **HOUSING).status_code == 200
        assert clerk.do(no, "sign").status_code == 200
    # A reply that was refused for its attachments may be repeated with the same words.
    problem(clerk.do(numbers[0], "submit_reply", **body), 422, "missing_attachment")
    first, second = ([brought(clerk, phase=phase)["id"] for phase in ("before", "after")] for _ in range(2))
    assert clerk.do(numbers[0], "submit_reply", **body, attachments=first).status_code == 200
    copied = problem(clerk.do(numbers[1], "submit_reply", **body, attachments=second), 422, "duplicate_reply")
    assert numbers[0] in copied["detail"]

    # Another unit cannot see that order, so the refusal does not give its number.
    other, no = caller("clerk-water@dalad"), agent.open(policy="dalad")
    assert dispatcher.do(no, "dispatch", units=[{"unit": "water"}]).status_code == 200
    assert other.do(no, "sign").status_code == 200
    third = [brought(other, phase=phase)["id"] for phase in ("before", "after")]
    copied = problem(other.do(no, "submit_reply", **body, attachments=third), 422, "duplicate_reply")
    assert copied["detail"] == "与另一件工单的答复内容相同"
    timeline = agent.get(f"/work-orders/{no}/timeline").text
    assert "duplicate_reply" in timeline and numbers[0] not in timeline


def test_an_order_is_merged_into_another(agent: Caller) -> None:
    into, source, elsewhere = agent.open(), agent.open(), agent.open(policy="huojia")
    problem(agent.do(source, "merge", into="20000101-000000"), 404, "unknown_order")
    problem(agent.do(source, "merge", into=elsewhere), 422, "invalid")
    problem(agent.do(source, "merge", into=source), 422, "invalid")
    assert agent.do(source, "merge", into=into).json()["stage"] in {"closed", "archived"}
    joined = [event["event"] for event in agent.get(f"/work-orders/{into}/timeline").json()]
    assert joined.count("order_joined") == 1
    problem(agent.do(into, "merge", into=source), 409, "wrong_stage")
    assert agent.get(f"/work-orders/{into}").json()["stage"] == "intake"


def test_a_decision_that_is_not_ones_own_is_ignored_and_written_down(caller: SignIn, signed: str) -> None:
    clerk = caller("clerk-housing")
    assert clerk.do(signed, "request_return", reason="不属于本单位职责").status_code == 200
    approval = f"{signed}:A1"
    assert caller("reviewer").post(f"/approvals/{approval}/decision", {"decision": "approve"}).status_code == 202
    ignored = eventually(lambda: _event(clerk, signed, "signal_ignored"))
    assert ignored["reason"] == "not_permitted"
    granted = {"decision": "approve", "proposed_unit": "water"}
    dispatcher = caller("dispatcher")
    problem(dispatcher.post(f"/approvals/{approval}/decision", granted | {"proposed_unit": "x"}), 404, "unknown_unit")
    assert dispatcher.post(f"/approvals/{approval}/decision", granted).status_code == 202
    assert eventually(lambda: _event(dispatcher, signed, "return_granted"))["to_unit"] == "water"
    problem(dispatcher.post(f"/approvals/{signed}:A9/decision", granted), 404, "not_found")
    problem(dispatcher.post(f"/approvals/{approval}/decision", {"decision": "perhaps"}), 422, "invalid")


def _event(who: Caller, no: str, name: str) -> dict[str, Any] | None:
    events = who.get(f"/work-orders/{no}/timeline").json()
    return next((event for event in events if event["event"] == name), None)
