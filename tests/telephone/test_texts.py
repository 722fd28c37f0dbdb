"""Answers to the survey by text: every text is stored, understood or not, and takes effect once."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from temporalio.client import Client
from temporalio.service import RetryConfig

from adapters.database.telephone.inbound_messages import NewInbound
from adapters.temporal.client import CONVERTER
from api.app import create_app
from application.jobs.telephone_catch_up import catch_up_telephone
from tests.api.callers import problem
from tests.telephone.exchange import Exchange
from workflows.ids import work_order_id

NOW = timedelta(0)
_sids = count(1)


def form(phone: str, body: str) -> dict[str, str]:
    """The provider's form for an inbound text."""
    return {"MessageSid": f"SMtext{next(_sids)}", "From": phone, "To": "+8612345", "Body": body, "NumMedia": "0"}


def came_in(exchange: Exchange, **query: str) -> Iterator[dict[str, Any]]:
    """All inbound texts, over all pages of the list."""
    page = exchange.caller("callback_staff").get("/inbound-messages", limit=200, **query).json()
    yield from page["items"]
    if page["next"] is not None:
        yield from came_in(exchange, **query | {"cursor": page["next"]})


def kept(exchange: Exchange, sid: str) -> list[str]:
    """The result of the text with this id, if it was stored."""
    return [each["state"] for each in came_in(exchange) if each["sid"] == sid]


def test_a_satisfied_citizen_closes_the_order(exchange: Exchange) -> None:
    phone = exchange.phone()
    no = exchange.surveyed(phone)
    exchange.text(phone, "5 当天就修好了，谢谢")
    said = exchange.happens(no, "callback_recorded", party=no)
    assert (said["result"], said["handling_rating"], said["via"], said["actor"]) == ("satisfied", 5, "sms", "citizen")
    assert "当天" not in str(said), "the words stay in the database"
    exchange.happens(no, "order_closed", outcome="satisfied")
    assert exchange.conversation(no)["received"][0]["body"] == "5 当天就修好了，谢谢"
    assert exchange.replies(phone)[-1] == f"【12345热线】您对工单{no}的评价已收到，感谢您的反馈。"


def test_a_dissatisfied_citizen_opens_rework_and_is_asked_again(exchange: Exchange) -> None:
    phone = exchange.phone()
    no = exchange.surveyed(phone)
    exchange.text(phone, "非常不满意，还是不热")
    said = exchange.happens(no, "callback_recorded", result="dissatisfied", handling_rating=1)
    assert said["comment"]["length"] == len("还是不热")
    exchange.happens(no, "rework_opened", unit="housing")
    exchange.text(phone, "1")  # the survey has been answered, and the next has not been sent
    exchange.reply(no)
    exchange.asked(no, times=2)
    exchange.text(phone, "基本满意")
    exchange.happens(no, "order_closed", outcome="satisfied")
    assert exchange.fates(no) == ["answered", "repeated", "answered"]


def test_what_comes_after_the_answer_changes_nothing(exchange: Exchange) -> None:
    phone = exchange.phone()
    no = exchange.surveyed(phone)
    exchange.text(phone, "4")
    exchange.text(phone, "1 说错了")
    assert exchange.fates(no) == ["answered", "repeated"]
    assert [row["result"] for row in exchange.events(no, "callback_recorded")] == ["satisfied"]
    assert "已作过评价" in exchange.replies(phone)[-1]


def test_an_answer_to_an_archived_order_is_kept_and_reopens_nothing(exchange: Exchange) -> None:
    phone = exchange.phone()
    no = exchange.surveyed(phone)
    exchange.do("callback_staff", no, "record_callback", result="satisfied")
    exchange.happens(no, "order_archived")
    exchange.text(phone, "1 又坏了")
    exchange.text(phone, "又坏了")
    assert exchange.fates(no) == ["late", "late"]
    assert "回访已结束" in exchange.replies(phone)[-1]
    assert exchange.caller("agent").get(f"/work-orders/{no}").json()["stage"] == "archived"
    assert exchange.events(no, "refused", do="record_callback", actor="citizen")


def test_what_is_not_understood_is_asked_once_more(exchange: Exchange) -> None:
    phone = exchange.phone()
    no = exchange.surveyed(phone)
    for body in ("你们是谁", "？", "5 之前说错，给5分"):
        exchange.text(phone, body)
    assert exchange.fates(no) == ["unreadable", "unreadable", "answered"]
    asked, left_alone, thanked = exchange.replies(phone)
    assert "请回复1至5" in asked and "请回复" not in left_alone and "评价已收到" in thanked


def test_who_wants_no_texts_gets_none_until_they_do_again(exchange: Exchange) -> None:
    phone = exchange.phone()
    no = exchange.handled(phone)
    first = exchange.happens(no, "notice_issued", template="citizen_update")["notice"]
    exchange.happens(no, "notice_sent", notice=first)
    exchange.text(phone, "退订")
    assert "您已退订" in exchange.replies(phone)[-1]
    received = exchange.inbox(phone)
    exchange.do("clerk-housing", no, "report_progress", text="已联系供热公司，明日上门")
    second = exchange.events(no, "notice_issued", template="citizen_update")[-1]["notice"]
    assert exchange.happens(no, "notice_failed", notice=second)["reason"] == "opted_out"
    exchange.text(phone, "你好")
    assert exchange.inbox(phone) == received, "neither a notice nor a reply"
    exchange.text(phone, "恢复")
    exchange.reply(no)
    exchange.asked(no)
    exchange.text(phone, "5")
    exchange.happens(no, "order_closed", outcome="satisfied")


def test_a_text_of_somebody_who_was_never_asked_is_kept(exchange: Exchange) -> None:
    phone = exchange.phone()
    exchange.text(phone, "路灯不亮")
    mine = next(each for each in came_in(exchange, state="unmatched") if each["body"] == "路灯不亮")
    assert (mine["order"], mine["phone"]) == (None, f"{phone[3:6]}****{phone[-4:]}")
    assert "拨打12345" in exchange.replies(phone)[-1]


def test_two_machines_do_not_talk_for_ever(exchange: Exchange) -> None:
    phone = exchange.phone()
    replies = [exchange.post("/sms", form(phone, "自动回复：我在开会")).text for _ in range(12)]
    assert ["<Message>" in reply for reply in replies] == [True] * 10 + [False] * 2


@pytest.mark.parametrize("body", ["5", "退订"])
def test_a_forged_post_is_refused_and_nothing_is_kept(exchange: Exchange, body: str) -> None:
    said = form(exchange.phone(), body)
    for changes in ({"signature": ""}, {"signature": "bm90LXJpZ2h0"}, {"signed_path": "/sms/status"}):
        problem(exchange.post("/sms", said, **changes), 403, "bad_signature")
    genuine = exchange.post("/sms", said).request
    tampered = httpx.Request("POST", genuine.url, content=genuine.content + b"1", headers=genuine.headers)
    tampered.headers["Content-Length"] = str(len(genuine.content) + 1)
    with httpx.Client() as http:
        problem(http.send(tampered), 403, "bad_signature")
    assert kept(exchange, said["MessageSid"]) == [{"5": "unmatched", "退订": "opted_out"}[body]], "of the genuine one"
    other = form(exchange.phone(), body)
    exchange.post("/sms", other, signature="bm90LXJpZ2h0")
    assert kept(exchange, other["MessageSid"]) == []


def test_a_text_that_is_posted_again_takes_effect_once(exchange: Exchange) -> None:
    phone = exchange.phone()
    no = exchange.surveyed(phone)
    said = form(phone, "3")
    first, second = (exchange.post("/sms", said) for _ in range(2))
    assert (first.status_code, first.text) == (200, second.text)
    assert first.headers["content-type"].startswith("application/xml")
    assert len(exchange.events(no, "callback_recorded")) == len(exchange.conversation(no)["received"]) == 1
    leave, back = form(phone, "退订"), form(phone, "恢复")
    for each in (leave, back, leave):
        exchange.post("/sms", each)
    exchange.text(phone, "5")
    assert "已作过评价" in exchange.replies(phone)[-1], "the old wish, posted again, is not obeyed again"


def test_a_signed_post_that_says_too_little_is_a_problem(exchange: Exchange) -> None:
    for said in ({"From": exchange.phone(), "Body": "5"}, form("", "5"), form("\x00", "5")):
        problem(exchange.post("/sms", said), 422, "invalid")
    odd = form(exchange.phone(), "\x00\x07\u202e5" * 3000)
    assert exchange.post("/sms", odd).status_code == 200
    assert kept(exchange, odd["MessageSid"]) == ["unmatched"]


@asynccontextmanager
async def cable(address: str) -> AsyncIterator[tuple[str, Callable[[], None]]]:
    """A TCP proxy to a server: its address, and a function that cuts the connection."""
    host, _, port = address.rpartition(":")
    ends: list[asyncio.StreamWriter] = []

    async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while read := await source.read(65536):
            target.write(read)

    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection(host, int(port))
        ends.extend((writer, there[1]))
        await asyncio.gather(pump(reader, there[1]), pump(there[0], writer), return_exceptions=True)

    line = await asyncio.start_server(join, "127.0.0.1", 0)

    def cut() -> None:
        line.close()
        for end in ends:
            end.transport.abort()

    yield f"127.0.0.1:{line.sockets[0].getsockname()[1]}", cut


async def test_a_text_outlasts_an_outage(exchange: Exchange) -> None:
    phone = exchange.phone()
    no = exchange.surveyed(phone)
    server = exchange.services.client.service_client.config.target_host
    async with cable(server) as (end, cut):
        nowhere = await Client.connect(
            end, data_converter=CONVERTER, retry_config=RetryConfig(max_retries=1, max_elapsed_time_millis=500)
        )
        cut()
    app: FastAPI = create_app(exchange.services.settings)
    app.state.services = replace(exchange.services, client=nowhere)
    said = form(phone, "5")
    request = exchange.post("/nowhere", said, signed_path="/sms").request
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=exchange.base) as http:
        answer = await http.post(
            "/api/v1/webhooks/sms", content=request.content, headers=dict(request.headers), timeout=60
        )
    problem(answer, 503, "unavailable")
    assert exchange.fates(no) == ["received"]
    await asyncio.gather(*(catch_up_telephone(exchange.services, NOW) for _ in range(3)))
    assert exchange.fates(no) == ["answered"]
    exchange.happens(no, "order_archived")
    assert len(exchange.events(no, "callback_recorded")) == 1
    with psycopg.connect(exchange.services.settings.database_url, autocommit=True) as connection:
        connection.execute("UPDATE inbound_messages SET state = 'received' WHERE order_no = %s", (no,))
    await catch_up_telephone(exchange.services, NOW)
    assert exchange.fates(no) == ["answered"], "also when a crash kept it from being written down"


async def test_nothing_that_a_citizen_says_reaches_temporal_or_the_logs(exchange: Exchange) -> None:
    phone = exchange.phone()
    no = exchange.surveyed(phone)
    exchange.text(phone, "2 三号楼的王师傅说下周才来")
    exchange.happens(no, "rework_opened")
    handle = exchange.services.client.get_workflow_handle(work_order_id(no))
    history = b"".join([event.SerializeToString() async for event in handle.fetch_history_events()])
    assert b"callback_recorded" in history
    kept = history + b"".join(log.read_bytes() for log in exchange.folder.glob("*.log"))
    for secret in ("王师傅", phone, phone.removeprefix("+86")):
        assert secret.encode() not in kept and json.dumps(secret).strip('"').encode() not in kept


async def test_an_answer_that_is_here_before_the_survey_is_on_record_counts(exchange: Exchange) -> None:
    phone = exchange.phone()
    no = exchange.surveyed(phone)
    with psycopg.connect(exchange.services.settings.database_url, autocommit=True) as connection:
        lost = "UPDATE messages SET status = 'claimed', provider_sid = NULL WHERE order_no = %s AND template = 'survey'"
        connection.execute(lost, (no,))
    exchange.text(phone, "5")
    exchange.happens(no, "order_closed", outcome="satisfied")
    assert f"工单{no}的评价已收到" in exchange.replies(phone)[-1]


async def test_a_text_is_noted_on_the_order_whose_survey_was_found_only_later(exchange: Exchange) -> None:
    phone = exchange.phone()
    no = exchange.surveyed(phone)
    text = NewInbound(f"SMtext{next(_sids)}", phone, "5", None, None)
    await exchange.services.inbound.keep(text)
    await catch_up_telephone(exchange.services, NOW)
    assert exchange.fates(no) == ["answered"]
    exchange.happens(no, "order_closed", outcome="satisfied")


def test_each_citizen_of_a_merged_order_answers_for_themselves(exchange: Exchange) -> None:
    mine, theirs = exchange.phone(), exchange.phone()
    no, other = exchange.handled(mine), exchange.open(theirs)
    exchange.do("agent", other, "merge", into=no)
    exchange.reply(no)
    exchange.asked(no, times=2)
    exchange.text(theirs, "4")
    assert f"工单{other}" in exchange.replies(theirs)[-1]
    assert not exchange.events(no, "order_closed"), "the other has not been heard"
    exchange.text(mine, "5")
    exchange.happens(no, "order_closed", outcome="satisfied")
    assert {row["party"] for row in exchange.events(no, "callback_recorded")} == {no, other}
