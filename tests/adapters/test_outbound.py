"""Redirects and next-page links of peers are not followed, because the requests would carry secrets."""

import json
from datetime import UTC, datetime

import pytest

from adapters.city.api_client import CityApi, CityUnavailable
from adapters.settings.settings import Settings
from adapters.twilio.client import ProviderUnavailable, TwilioClient
from adapters.twilio.http import TWILIO_API, RebasedHttpClient
from adapters.twilio.sms import TwilioSms
from tests.listener import Listener, listening

PAST = datetime(2020, 1, 1, tzinfo=UTC)


def answer(status: str, body: bytes = b"", **headers: str) -> bytes:
    fields = {"Content-Length": str(len(body)), "Connection": "close", "Content-Type": "application/json"} | headers
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
async def test_a_redirect_of_the_city_leads_nowhere(status: str) -> None:
    with listening() as elsewhere, listening(answer(status, Location=f"{elsewhere.url}/x")) as city:
        api = CityApi(Settings.model_validate({"CITY_BASE_URL": city.url}))
        with pytest.raises(CityUnavailable):
            await api.post("results", "key", {"a": 1})
        with pytest.raises(CityUnavailable):
            await api.outbox(None, 10)
        await api.aclose()
    assert len(city.heard) == 2
    assert elsewhere.heard == []


async def test_neither_a_redirect_nor_a_next_page_of_the_provider_leads_elsewhere() -> None:
    with listening() as elsewhere:
        page = {"messages": [], "meta": {"key": "messages", "next_page_url": f"{elsewhere.url}/next"}}
        for said in (
            answer("307 Temporary Redirect", Location=f"{elsewhere.url}/x"),
            answer("200 OK", json.dumps(page).encode()),
        ):
            with listening(said) as provider:
                sms = TwilioSms(TwilioClient(Settings.model_validate({"TWILIO_BASE_URL": provider.url})))
                with pytest.raises(ProviderUnavailable):
                    await sms.find("+8613912345678", "text", PAST)
            assert len(provider.heard) == 1
    assert elsewhere.heard == []


@pytest.mark.parametrize(
    "address", ["{}/x", TWILIO_API + ".evil.example/x", TWILIO_API + "@127.0.0.1/x", "file:///etc/passwd"]
)
def test_the_providers_client_asks_one_host(address: str) -> None:
    with listening() as elsewhere, pytest.raises(ValueError, match="not an address"):
        RebasedHttpClient(elsewhere.url).request("GET", address.format(elsewhere.url))
    assert elsewhere.heard == []


def test_the_listener_hears() -> None:
    def ask(listener: Listener) -> None:
        RebasedHttpClient(listener.url).request("GET", f"{TWILIO_API}/heard")

    with listening(answer("200 OK")) as listener:
        ask(listener)
    assert listener.heard[0].startswith(b"GET /heard ")
