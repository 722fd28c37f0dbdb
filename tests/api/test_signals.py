"""Signals sent directly to Temporal: accepted once with the API's proof, and otherwise ignored.

The installation of these tests accepts no signals without a proof, as in production.
"""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from adapters.auth.signal_proofs import Proofs
from adapters.settings.settings import ROOT, environment
from domain.words import Role
from tests.api.callers import Caller, eventually, new_key
from tests.api.conftest import Installation
from workflows.ids import work_order_id

SignIn = Callable[[str], Caller]
Signal = Callable[[str, str, Any], Awaitable[None]]
HOUSING = {"units": [{"unit": "housing"}]}
APPROVE: dict[str, Any] = {"approval": "A1", "decision": "approve", "as": "dispatcher", "person": "dispatcher"}


@pytest.fixture(scope="module")
async def temporal(installation: Installation) -> AsyncIterator[Client]:
    yield await Client.connect(installation.temporal.address, data_converter=pydantic_data_converter)


@pytest.fixture
def signal(temporal: Client) -> Signal:
    """A function that sends a signal as the Temporal UI and CLI do."""

    async def send(no: str, name: str, body: Any) -> None:
        await temporal.get_workflow_handle(work_order_id(no)).signal(name, body)

    return send


@pytest.fixture
def proofs(installation: Installation) -> Proofs:
    return Proofs(installation.settings.secret_key, 60, bare=False)


@pytest.fixture
def asked(caller: SignIn) -> str:
    """An order whose return waits for a dispatcher."""
    no = caller("agent").open()
    assert caller("dispatcher").do(no, "dispatch", **HOUSING).status_code == 200
    clerk = caller("clerk-housing")
    assert clerk.do(no, "sign").status_code == 200
    assert clerk.do(no, "request_return", reason="不属于本单位职责范围").status_code == 200
    return no


def told(caller: SignIn, no: str, event: str, count: int = 1) -> list[dict[str, Any]]:
    """The events of this name, once there are `count`."""

    def enough() -> list[dict[str, Any]] | None:
        rows = caller("admin").get(f"/work-orders/{no}/timeline").json()
        found = [row for row in rows if row["event"] == event]
        return found if len(found) >= count else None

    return eventually(enough)


def still_open(caller: SignIn, no: str) -> bool:
    decided = caller("admin").get(f"/work-orders/{no}/timeline").json()
    return not any(row["event"] in ("approval_decided", "return_granted") for row in decided)


async def captured(temporal: Client, no: str) -> list[dict[str, Any]]:
    """The signals in the workflow's history, with their proofs."""
    history = await temporal.get_workflow_handle(work_order_id(no)).fetch_history()
    signals = [each.workflow_execution_signaled_event_attributes for each in history.events]
    payloads = [list(each.input.payloads) for each in signals if each.signal_name == "decide"]
    return [(await pydantic_data_converter.decode(each))[0] for each in payloads]


async def test_a_signal_without_a_proof_is_ignored_and_written_down(caller: SignIn, asked: str, signal: Signal) -> None:
    await signal(asked, "decide", APPROVE)
    (ignored,) = told(caller, asked, "signal_ignored")
    assert ignored["reason"] == "not_permitted" and "凭证" in ignored["explanation"]
    assert (ignored["signal"], ignored["approval"], ignored["decision"]) == ("decide", "A1", "approve")
    assert (ignored["actor"], ignored.get("person")) == ("system", None)  # the sender is unknown
    assert still_open(caller, asked)


async def test_rules_calendars_and_reports_need_a_proof_too(caller: SignIn, asked: str, signal: Signal) -> None:
    book = caller("admin").get("/policies/huojia").json()
    bodies: dict[str, Any] = {
        "adopt_policy": {"policy": book["rules"], "policy_hash": book["hash"], "person": "wang"},
        "adopt_calendar": {"calendar": {}},
        "report_undelivered": {"notice": "N1", "attempt": 1},
    }
    for name, body in bodies.items():
        await signal(asked, name, body)
    ignored = told(caller, asked, "signal_ignored", len(bodies))
    assert [(row["signal"], row["reason"]) for row in ignored] == [(name, "not_permitted") for name in bodies]
    timeline = caller("admin").get(f"/work-orders/{asked}/timeline").json()
    assert not {"policy_adopted", "calendar_adopted", "notice_undelivered"} & {row["event"] for row in timeline}


async def test_a_captured_approval_is_refused_however_it_is_given_again(
    caller: SignIn, asked: str, signal: Signal, temporal: Client
) -> None:
    dispatcher, path = caller("dispatcher"), f"/approvals/{asked}:A1/decision"
    key, body = new_key(), {"decision": "reject", "comment": "属于贵单位职责"}
    assert dispatcher.post(path, body, Idempotency_Key=key).status_code == 202
    told(caller, asked, "return_refused")
    again = dispatcher.post(path, body, Idempotency_Key=key)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (202, "true")

    assert dispatcher.post(path, body, Idempotency_Key=new_key()).status_code == 202
    assert told(caller, asked, "signal_ignored")[-1]["reason"] == "already_done"
    first, second = await captured(temporal, asked)
    assert first["proof"] != second["proof"]
    clerk = caller("clerk-housing")
    assert clerk.do(asked, "request_return", reason="确实不属于本单位").status_code == 200
    await signal(asked, "decide", first)
    ignored = told(caller, asked, "signal_ignored", 2)[-1]
    assert (ignored["reason"], ignored["explanation"]) == ("not_permitted", "身份凭证已用过，不能重复使用")
    await signal(asked, "decide", first | {"approval": "A2"})
    ignored = told(caller, asked, "signal_ignored", 3)[-1]
    assert (ignored["reason"], ignored["explanation"]) == ("not_permitted", "身份凭证与信号的内容不符")
    assert len(told(caller, asked, "approval_decided")) == 1


async def test_a_proof_is_of_one_order(caller: SignIn, asked: str, signal: Signal, proofs: Proofs) -> None:
    for no in ("20260101-000001", asked.replace("-", "-9")):
        proof = proofs.sign(no, "decide", APPROVE, by=Role.DISPATCHER, person="dispatcher")
        await signal(asked, "decide", APPROVE | {"proof": proof})
    ignored = told(caller, asked, "signal_ignored", 2)
    assert {(row["reason"], row["explanation"]) for row in ignored} == {("not_permitted", "身份凭证与信号的内容不符")}
    assert still_open(caller, asked)


async def test_what_is_forged_over_or_of_another_is_ignored_and_the_true_one_heard(
    caller: SignIn, asked: str, signal: Signal, installation: Installation, proofs: Proofs
) -> None:
    expired = Proofs(installation.settings.secret_key, -5, bare=False)
    stranger = Proofs("some-other-secret-that-is-long-enough-000000", 60, bare=False)
    for by in (expired, stranger):
        proof = by.sign(asked, "decide", APPROVE, by=Role.DISPATCHER, person="dispatcher")
        await signal(asked, "decide", APPROVE | {"proof": proof})
    for garbage in ("", None, 5, "a.b.c", ["x"]):
        await signal(asked, "decide", APPROVE | {"proof": garbage})
    ignored = told(caller, asked, "signal_ignored", 7)
    assert {row["reason"] for row in ignored} == {"not_permitted"}
    assert ignored[0]["explanation"] == "信号所附的身份凭证已过期，请重新办理"
    assert still_open(caller, asked)
    proof = proofs.sign(asked, "decide", APPROVE, by=Role.DISPATCHER, person="dispatcher")
    await signal(asked, "decide", APPROVE | {"proof": proof})
    (decided,) = told(caller, asked, "approval_decided")
    assert (decided["actor"], decided["person"]) == ("dispatcher", "dispatcher")


def test_an_operator_signs_what_is_sent_past_the_api(caller: SignIn, asked: str, installation: Installation) -> None:
    sent = signalled(installation, "decide", asked, body={"approval": "A1", "decision": "reject", "as": "supervisor"})
    assert sent == f"{asked}：已送达"
    (decided,) = told(caller, asked, "approval_decided")
    assert (decided["actor"], decided["person"], decided["decision"]) == ("supervisor", "operator", "reject")
    book = caller("admin").get("/policies/gaotai").json()
    query = f"WorkflowId = '{work_order_id(asked)}'"
    rules = {"policy": book["rules"] | {"title": "另一版"}, "policy_hash": "0" * 64}
    assert eventually(lambda: signalled(installation, "adopt_policy", "--query", query, body=rules) or None)
    (adopted,) = told(caller, asked, "policy_adopted")
    assert adopted["person"] == "operator"


def test_an_operator_is_told_what_cannot_be_signed(installation: Installation) -> None:
    body = {"approval": "A1", "decision": "reject", "as": "citizen"}
    assert "citizen" in signalled(installation, "decide", "20260101-000001", body=body, status=2)
    assert "withdraw" in signalled(installation, "withdraw", "20260101-000001", body={}, status=2)
    assert "二者取一" in signalled(installation, "decide", body=body, status=2)
    body |= {"as": "supervisor"}
    assert "没有这件工单" in signalled(installation, "decide", "20260101-000001", body=body, status=1)
    assert "查询条件不能用" in signalled(installation, "decide", "--query", "JiesuStage =", body=body, status=2)
    assert "JSON" in signalled(installation, "decide", "20260101-000001", body=[], status=2)


def signalled(installation: Installation, *words: str, body: Any, status: int = 0) -> str:
    """The output of `jiesu signal`; standard error if a failure is expected."""
    command = [sys.executable, "-m", "cli.main", "signal", *words, "--person", "operator"]
    env = environment() | {"TEMPORAL_ADDRESS": installation.temporal.address}
    ended = subprocess.run(
        command, cwd=ROOT, env=env, input=json.dumps(body), capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == status, ended.stderr
    return (ended.stdout if status == 0 else ended.stderr).strip()
