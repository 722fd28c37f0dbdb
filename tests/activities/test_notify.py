"""Notices reach their recipients once, in spite of failures."""

import subprocess
import sys
from collections.abc import Callable
from datetime import datetime

import pytest

from activities.notify import NoticeOutcome
from adapters.database.engine import Database
from adapters.database.orders.orders import Orders
from adapters.database.telephone.messages import Messages
from adapters.database.telephone.opt_outs import OptOuts
from adapters.database.units import UnitDirectory
from adapters.phone_numbers import e164
from adapters.settings.settings import ROOT, Settings
from adapters.twilio.client import ProviderUnavailable, TwilioClient
from adapters.twilio.sms import TwilioSms
from domain.citizen.outbound_records import ProviderAnswer
from domain.order.records import StoredCitizen
from domain.units import StoredContact
from tests.activities.given import (
    CITIZEN,
    CLERK,
    DISPATCH,
    NO,
    SENT,
    Phone,
    notice,
    perform,
    reachable,
    routed,
)
from tests.adapters.orders_at_hand import CANARY, new_order


class LosesTheAnswer(TwilioSms):
    """The process ends after the provider accepted the message and before that was stored."""

    async def send(self, to: str, body: str) -> ProviderAnswer:
        await super().send(to, body)
        raise ConnectionResetError


class NeverGetsThere(TwilioSms):
    """The process ends before the message reaches the provider."""

    async def send(self, to: str, body: str) -> ProviderAnswer:
        raise ConnectionResetError


async def test_the_clerk_of_the_unit_is_told_and_it_is_written_down(
    hotline: Database, sms: TwilioSms, phone: Phone
) -> None:
    assert await perform(hotline, sms, notice(1)) == SENT
    assert phone.bodies(CLERK) == [DISPATCH]
    message = await Messages(hotline).get(f"{NO}:N1")
    assert message is not None
    assert (message.status, message.body, message.attempts) == ("sent", DISPATCH, 1)
    assert (message.provider_sid or "").startswith("SM")


async def test_the_same_key_is_one_message(hotline: Database, sms: TwilioSms, phone: Phone) -> None:
    await reachable(hotline, "+8613900000002")
    assert [await perform(hotline, sms, notice(1)) for _ in range(2)] == [SENT, SENT]
    assert len(phone.bodies("+8613900000002")) == 1


async def test_a_crash_after_the_sending_and_before_the_writing_is_one_message(
    hotline: Database, settings_for: Callable[..., Settings], gateway: str, sms: TwilioSms, phone: Phone
) -> None:
    await reachable(hotline, "+8613900000003")
    with pytest.raises(ConnectionResetError):
        await perform(hotline, LosesTheAnswer(TwilioClient(settings_for(TWILIO_BASE_URL=gateway))), notice(1))
    written = await Messages(hotline).get(f"{NO}:N1")
    assert written is not None
    assert written.provider_sid is None

    assert await perform(hotline, sms, notice(1)) == SENT
    assert phone.bodies("+8613900000003") == [DISPATCH]
    written = await Messages(hotline).get(f"{NO}:N1")
    assert written is not None
    assert (written.status, written.provider_sid is None) == ("sent", False)


async def test_a_crash_before_the_sending_does_not_swallow_the_message(
    hotline: Database, settings_for: Callable[..., Settings], gateway: str, sms: TwilioSms, phone: Phone
) -> None:
    await reachable(hotline, "13900000004")
    assert await perform(hotline, sms, notice(1)) == SENT
    with pytest.raises(ConnectionResetError):
        await perform(hotline, NeverGetsThere(TwilioClient(settings_for(TWILIO_BASE_URL=gateway))), notice(2))
    assert await perform(hotline, sms, notice(2)) == SENT
    assert phone.bodies("+8613900000004") == [DISPATCH, DISPATCH], "both read alike, yet each is a notice of its own"


async def test_a_gateway_that_is_down_is_tried_again_and_the_failure_names_nobody(
    hotline: Database, settings_for: Callable[..., Settings], sms: TwilioSms, phone: Phone
) -> None:
    await reachable(hotline, "+8613900000005")
    nowhere = TwilioSms(TwilioClient(settings_for(TWILIO_BASE_URL="http://127.0.0.1:9")))
    for _ in range(2):  # the second one looks the message up first
        with pytest.raises(ProviderUnavailable) as failure:
            await perform(hotline, nowhere, notice(1))
        assert "139" not in str(failure.value)
        assert failure.value.__cause__ is None
    assert await perform(hotline, sms, notice(1)) == SENT
    assert len(phone.bodies("+8613900000005")) == 1


class Refuses(TwilioSms):
    """The provider rejects this number permanently."""

    async def send(self, to: str, body: str) -> ProviderAnswer:
        return ProviderAnswer(None, "twilio_21211")


async def test_a_refusal_for_good_is_an_answer_that_stands(
    hotline: Database, settings_for: Callable[..., Settings], gateway: str, sms: TwilioSms
) -> None:
    refused = NoticeOutcome(sent=False, reason="twilio_21211")
    refusing = Refuses(TwilioClient(settings_for(TWILIO_BASE_URL=gateway)))
    assert await perform(hotline, refusing, notice(1)) == refused
    assert await perform(hotline, sms, notice(1)) == refused
    assert await perform(hotline, sms, notice(2)) == SENT


@pytest.mark.parametrize(
    ("number", "reason"), [("不详", "invalid_number"), ("110", "invalid_number"), ("0393-5296118", "not_mobile")]
)
async def test_a_number_that_no_text_reaches_is_not_tried(
    hotline: Database, sms: TwilioSms, number: str, reason: str
) -> None:
    await reachable(hotline, number)
    assert await perform(hotline, sms, notice(1)) == NoticeOutcome(sent=False, reason=reason)


async def test_the_next_contact_gets_what_the_first_cannot(hotline: Database, sms: TwilioSms, phone: Phone) -> None:
    await routed(hotline, routing={"unit_clerk": ["unit_clerk", "unit_section_head", "unit_deputy_leader"]})
    await reachable(hotline, "0393-5296118")
    for role, number in (("unit_section_head", "13900000021"), ("unit_deputy_leader", "13900000022")):
        card = StoredContact(regime="huojia", unit="housing", role=role, name="李某", phone=number)
        await UnitDirectory(hotline).put_contacts([card])
    for _ in range(2):
        assert await perform(hotline, sms, notice(1)) == SENT
    assert phone.bodies("+8613900000021") == [DISPATCH]

    sent = (await Messages(hotline).of_notice(NO, "N1"))[-1]
    assert (sent.rank, sent.to_role) == (2, "unit_clerk")
    await Messages(hotline).reported(sent.provider_sid or "", "undelivered", "twilio_30003")
    again = notice(1, key=f"{NO}:N1:again:1", attempt=1)
    assert await perform(hotline, sms, again) == SENT
    assert (phone.bodies("+8613900000021"), phone.bodies("+8613900000022")) == ([DISPATCH], [DISPATCH])

    last = (await Messages(hotline).of_notice(NO, "N1"))[-1]
    await Messages(hotline).reported(last.provider_sid or "", "failed")
    assert await perform(hotline, sms, notice(1, key=f"{NO}:N1:again:2", attempt=2)) == NoticeOutcome(
        sent=False, reason="undelivered"
    )


async def test_who_wants_no_texts_gets_none_until_they_do(hotline: Database, sms: TwilioSms, phone: Phone) -> None:
    await reachable(hotline, "13900000023")
    await OptOuts(hotline).add("+8613900000023")
    assert await perform(hotline, sms, notice(1)) == NoticeOutcome(sent=False, reason="opted_out")
    await OptOuts(hotline).remove("+8613900000023")
    assert await perform(hotline, sms, notice(2)) == SENT
    assert len(phone.bodies("+8613900000023")) == 1


async def test_a_number_that_had_its_share_is_tried_later(hotline: Database, sms: TwilioSms, phone: Phone) -> None:
    await routed(hotline, per_number={"at_most": 2, "within": "1h"})
    await reachable(hotline, "13900000024")
    assert [await perform(hotline, sms, notice(n)) for n in (1, 2)] == [SENT, SENT]
    waiting = await perform(hotline, sms, notice(3))
    assert not waiting.sent and waiting.again_in is not None and 3500 < waiting.again_in <= 3600
    assert len(phone.bodies("+8613900000024")) == 2


async def test_whom_nobody_can_reach(hotline: Database, sms: TwilioSms) -> None:
    nobody = NoticeOutcome(sent=False, reason="no_contact")
    assert await perform(hotline, sms, notice(1, to_role="unit_principal_leader")) == nobody
    assert await perform(hotline, sms, notice(2, "survey", "citizen", party="20261123-999999")) == nobody


async def test_a_template_that_asks_for_more_than_a_notice_may_say(hotline: Database, sms: TwilioSms) -> None:
    assert await perform(hotline, sms, notice(1, "rework")) == NoticeOutcome(sent=False, reason="bad_template")
    assert await perform(hotline, sms, notice(2, "escalation")) == NoticeOutcome(sent=False, reason="bad_template")


async def test_the_centre_and_the_county_are_found_without_a_unit(
    hotline: Database, sms: TwilioSms, phone: Phone
) -> None:
    leader = StoredContact(regime="huojia", role="county_leader", name="李某", phone="+8613900000006")
    await UnitDirectory(hotline).put_contacts([leader])
    assert await perform(hotline, sms, notice(1, "overdue", "county_leader", unit="housing")) == SENT
    assert phone.bodies("+8613900000006") == [
        "【12345热线】工单20261123-000001已超过办理时限（规定时限），请立即处理并说明情况。"
    ]


async def test_each_citizen_of_a_matter_is_told_under_their_own_number(
    hotline: Database, sms: TwilioSms, phone: Phone
) -> None:
    other = new_order("20261123-000002", citizen=StoredCitizen(phone="138 0013 8001"))
    await Orders(hotline).open(other)
    for number, party in enumerate((NO, other.no), 1):
        assert await perform(hotline, sms, notice(number, "survey", "citizen", party=party)) == SENT
    for telephone, party in ((CITIZEN, NO), ("+8613800138001", other.no)):
        (body,) = phone.bodies(telephone)
        assert party in body
        assert CANARY not in body


async def test_a_rehearsal_reaches_its_own_people_only(hotline: Database, sms: TwilioSms, phone: Phone) -> None:
    await Orders(hotline).open(new_order("20261123-000003", realm="rehearsal-1"))
    effect = notice(1, order_no="20261123-000003", key="20261123-000003:N1")
    assert (await perform(hotline, sms, effect)).reason == "no_contact"
    card = StoredContact(regime="huojia", unit="housing", role="unit_clerk", name="演练", phone="+8613900000007")
    await UnitDirectory(hotline).ensure("rehearsal-1", [], [card])
    assert await perform(hotline, sms, effect) == SENT
    assert len(phone.bodies("+8613900000007")) == 1


async def test_only_messages_since_then_are_found(sms: TwilioSms) -> None:
    sid = (await sms.send("+8613900000008", "同样的话")).sid
    long_ago, far_ahead = (datetime.fromisoformat(f"{year}-01-01T00:00:00+08:00") for year in (2020, 9000))
    assert await sms.find("+8613900000008", "同样的话", long_ago) == [sid]
    assert await sms.find("+8613900000008", "别的话", long_ago) == []
    assert await sms.find("+8613900000008", "同样的话", far_ahead) == []


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("+86 138-0013-8000", "+8613800138000"),
        ("13800138000", "+8613800138000"),
        ("12345", "12345"),
        ("+1 (415) 555-0100", "+14155550100"),
    ],
)
def test_numbers_are_kept_as_the_provider_keeps_them(written: str, kept: str) -> None:
    assert e164(written) == kept


def test_the_sdk_is_not_imported_before_a_message_is_sent() -> None:
    check = "import sys, adapters.twilio.sms; sys.exit('twilio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], cwd=ROOT, check=False).returncode == 0
