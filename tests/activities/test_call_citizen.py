"""Automatic calls are placed once per attempt, in spite of failures."""

from collections.abc import Callable

import httpx
import pytest
from temporalio.testing import ActivityEnvironment

from activities.call_citizen import CallCitizen, CallOutcome
from adapters.database.engine import Database
from adapters.database.orders.orders import Orders
from adapters.database.telephone.calls import Calls
from adapters.phone_numbers import parse_number
from adapters.settings.settings import Settings
from adapters.twilio.client import ProviderUnavailable, TwilioClient
from adapters.twilio.voice import TwilioVoice
from domain.citizen.outbound_records import ProviderAnswer
from domain.order.effects import CallCitizenEffect
from domain.order.records import StoredCitizen
from tests.activities.given import NO, mumbles
from tests.adapters.orders_at_hand import new_order

PLACED = CallOutcome(placed=True)


@pytest.fixture
def client(gateway: str, settings_for: Callable[..., Settings]) -> TwilioClient:
    return TwilioClient(settings_for(TWILIO_BASE_URL=gateway))


async def citizen(database: Database, no: str, phone: str | None) -> None:
    await Orders(database).open(new_order(no, citizen=StoredCitizen(name="王某", phone=phone, address=None)))


async def perform(database: Database, voice: TwilioVoice, party: str, attempt: int = 1) -> CallOutcome:
    effect = CallCitizenEffect(key=f"{NO}:{party}:{attempt}", order_no=NO, party=party, round=0, attempt=attempt)
    calls = CallCitizen(Orders(database), Calls(database), voice, parse_number)
    return await ActivityEnvironment().run(calls.call_citizen, effect)


class LosesTheAnswer(TwilioVoice):
    """The process ends after the provider accepted the call and before that was stored."""

    async def place(self, to: str, call_id: str) -> ProviderAnswer:
        await super().place(to, call_id)
        raise ConnectionResetError


def ringing(gateway: str, number: str) -> int:
    """The number of calls that the gateway has for a telephone."""
    return len(httpx.get(f"{gateway}/sandbox/phones/{number}").raise_for_status().json()["calls"])


async def test_a_crash_after_the_call_and_before_the_writing_is_one_call(
    hotline: Database, client: TwilioClient, gateway: str
) -> None:
    await citizen(hotline, "P3", "13800138033")
    with pytest.raises(ConnectionResetError):
        await perform(hotline, LosesTheAnswer(client), "P3")
    assert await perform(hotline, TwilioVoice(client), "P3") == PLACED
    assert ringing(gateway, "+8613800138033") == 1


async def test_a_call_is_placed_once(hotline: Database, client: TwilioClient, gateway: str) -> None:
    await citizen(hotline, "P1", "13800138031")
    voice = TwilioVoice(client, "http://127.0.0.1:9/voice", "http://127.0.0.1:9/status")
    assert [await perform(hotline, voice, "P1") for _ in range(2)] == [PLACED, PLACED]
    assert ringing(gateway, "+8613800138031") == 1
    assert await perform(hotline, voice, "P1", attempt=2) == PLACED
    assert ringing(gateway, "+8613800138031") == 2


async def test_a_token_that_the_provider_does_not_know_is_no_fault_of_the_number(
    hotline: Database, client: TwilioClient, gateway: str, settings_for: Callable[..., Settings]
) -> None:
    await citizen(hotline, "P4", "13800138034")
    stranger = TwilioClient(settings_for(TWILIO_BASE_URL=gateway, TWILIO_AUTH_TOKEN="of-yesterday"))  # noqa: S106
    with pytest.raises(ProviderUnavailable):
        await perform(hotline, TwilioVoice(stranger), "P4")
    assert await perform(hotline, TwilioVoice(client), "P4") == PLACED


@pytest.mark.parametrize("body", ["{}", "[]"])
async def test_an_answer_that_tells_no_id_is_none_and_the_call_is_looked_up(
    body: str, hotline: Database, client: TwilioClient, gateway: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = {"{}": "13800138064", "[]": "13800138065"}[body]
    await citizen(hotline, "P4", number)
    with monkeypatch.context() as patch:
        mumbles(patch, 201, body)
        with pytest.raises(ProviderUnavailable):
            await perform(hotline, TwilioVoice(client), "P4")
    assert await perform(hotline, TwilioVoice(client), "P4") == PLACED
    assert ringing(gateway, f"+86{number}") == 1


@pytest.mark.parametrize(
    ("phone", "reason"), [(None, "no_contact"), ("110", "invalid_number"), ("1380013", "invalid_number")]
)
async def test_whom_no_call_reaches(hotline: Database, client: TwilioClient, phone: str | None, reason: str) -> None:
    await citizen(hotline, "P2", phone)
    for _ in range(2):
        assert await perform(hotline, TwilioVoice(client), "P2") == CallOutcome(placed=False, reason=reason)
