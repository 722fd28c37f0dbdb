"""The provider's answers, and their effect on a notice."""

import zlib
from collections.abc import Iterator

import httpx
import pytest
from twilio.http.response import Response  # type: ignore[import-untyped]

from activities.notify import NoticeOutcome
from adapters.database.engine import Database
from adapters.database.telephone.messages import Messages
from adapters.database.telephone.opt_outs import OptOuts
from adapters.database.units import UnitDirectory
from adapters.twilio.client import ProviderUnavailable
from adapters.twilio.http import RebasedHttpClient
from adapters.twilio.sms import TwilioSms
from domain.units import StoredContact
from tests.activities.given import DISPATCH, NO, SENT, Phone, mumbles, notice, perform, reachable, routed


@pytest.fixture
def unsubscribed(gateway: str) -> Iterator[str]:
    """A number that the provider rejects once because it has opted out there."""
    number, faults = "+8613900000025", f"{gateway}/sandbox/faults"
    once = {"kind": "refuse", "on": "messages", "to": number, "code": 21610, "times": 1}
    httpx.put(faults, json=[once]).raise_for_status()
    yield number
    httpx.put(faults, json=[]).raise_for_status()


@pytest.mark.parametrize(
    ("status", "body"), [(201, "{}"), (201, "[]"), (201, "null"), (201, '{"sid": 7}'), (408, "{}")]
)
async def test_an_answer_that_tells_no_id_is_none_and_the_message_is_looked_up(
    status: int, body: str, hotline: Database, sms: TwilioSms, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    await routed(hotline, routing={"unit_clerk": ["unit_clerk", "unit_section_head"]})
    number = f"+8613900{zlib.crc32(f'{status}{body}'.encode()) % 10**6:06}"
    await reachable(hotline, number)
    head = StoredContact(regime="huojia", unit="housing", role="unit_section_head", name="李某", phone="13900000029")
    await UnitDirectory(hotline).put_contacts([head])
    with monkeypatch.context() as patch:
        mumbles(patch, status, body)
        with pytest.raises(ProviderUnavailable):
            await perform(hotline, sms, notice(1))
    assert await perform(hotline, sms, notice(1)) == SENT
    assert (phone.bodies(number), phone.bodies("+8613900000029")) == ([DISPATCH], [])


async def test_who_told_the_provider_so_is_remembered_until_they_want_texts_again(
    hotline: Database, sms: TwilioSms, unsubscribed: str, phone: Phone
) -> None:
    await reachable(hotline, unsubscribed)
    for number in (1, 1, 2):
        assert await perform(hotline, sms, notice(number)) == NoticeOutcome(sent=False, reason="opted_out")
    second = await Messages(hotline).get(f"{NO}:N2")
    assert second is not None and second.attempts == 0, "the provider is not asked again"
    await OptOuts(hotline).remove(unsubscribed)
    assert await perform(hotline, sms, notice(3)) == SENT
    assert len(phone.bodies(unsubscribed)) == 1


async def test_a_look_up_without_a_status_says_nothing(
    hotline: Database, sms: TwilioSms, monkeypatch: pytest.MonkeyPatch
) -> None:
    await reachable(hotline, "13900000026")
    assert await perform(hotline, sms, notice(1)) == SENT
    sent = await Messages(hotline).get(f"{NO}:N1")
    assert sent is not None and sent.provider_sid is not None
    found = await sms.look_up(sent.provider_sid)
    assert found is not None and found.status
    monkeypatch.setattr(RebasedHttpClient, "request", lambda *_, **__: Response(200, '{"sid": "SM1"}'))
    assert await sms.look_up(sent.provider_sid) is None
