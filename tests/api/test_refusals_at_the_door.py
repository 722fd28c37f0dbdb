"""Refusals of the middleware are counted and logged once a minute per kind and route, without any input."""

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator, Callable
from typing import Final

import httpx
import pytest
from fastapi import FastAPI, Request

from adapters.settings.settings import ROOT
from api.app import PREFIX, create_app
from api.refusal_counts import CODES, RefusalCounts
from tests.api.conftest import Installation
from tests.api.test_door import EVIL, HOST, application, client, nested

CANARY: Final = "13987659999"
ROUTE: Final = "/api/v1/told"
"""The route of these tests only: other applications in the same process may log theirs at any time."""
LINE: Final = re.compile(r"refused code=([a-z_]+) route=(\S+) count=(\d+)")
Told = list[tuple[str, str, int]]


def lines(caplog: pytest.LogCaptureFixture) -> Told:
    """All lines since the last call; each must have the documented format."""
    records = [record for record in caplog.records if record.name == "api.refusal_counts"]
    caplog.clear()
    found = [LINE.fullmatch(record.getMessage()) for record in records]
    assert all(found) and {record.levelno for record in records} <= {logging.WARNING}
    return [(match[1], match[2], int(match[3])) for match in found if match]


def ours(caplog: pytest.LogCaptureFixture) -> Told:
    """The lines about the route of these tests."""
    return [line for line in lines(caplog) if line[1] == ROUTE]


def told() -> FastAPI:
    """The middleware before a route of these tests."""
    app = application(JIESU_HOSTS=HOST, JIESU_RATE_CALLER="0.01/2", JIESU_RATE_LOGIN="0.01/3")

    async def here(request: Request) -> None:
        await request.body()

    app.add_api_route(ROUTE, here, methods=["GET", "POST"])
    return app


async def dripping() -> AsyncIterator[bytes]:
    yield b'{"a": "'
    await asyncio.sleep(60)


async def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, "nothing came"
        await asyncio.sleep(0.01)


async def test_each_kind_is_told_with_its_route_and_its_number(caplog: pytest.LogCaptureFixture) -> None:
    app = told()
    headers = {"X-Forwarded-For": CANARY, "Cookie": f"a={CANARY}", "User-Agent": CANARY}
    async with client(app) as http, client(app, base=f"https://{CANARY}.example") as strange:
        http.headers.update(headers)
        for _ in range(200):
            await http.post(f"{ROUTE}?q={CANARY}", json={"a": CANARY}, headers={"Origin": f"{EVIL}/{CANARY}"})
        for _ in range(3):
            await strange.get(ROUTE)
        for _ in range(5):
            await http.post("/api/v1/token", data={"username": CANARY})
            await http.get(ROUTE, headers={"Authorization": f"Bearer {CANARY}"})
        await http.post(ROUTE, content=b'{"%s": 1, "%s": 2}' % ((CANARY.encode(),) * 2))
        await http.post(ROUTE, content=nested(100))
        await http.post(ROUTE, content=b"x" * 2_000_001)
        await http.post("/api/v1/webhooks/sms", content=dripping())
        await http.post(f"/{CANARY}", headers={"Origin": EVIL})
        assert (await http.get(ROUTE)).status_code == 200
    assert ours(caplog) == [], "not one by one"
    app.state.refusals.tell()
    everything = caplog.text
    assert lines(caplog) == [
        ("cross_site", "-", 1),
        ("cross_site", ROUTE, 200),
        ("malformed", ROUTE, 2),
        ("strange_host", ROUTE, 3),
        ("timed_out", "/api/v1/webhooks/sms", 1),
        ("too_large", ROUTE, 1),
        ("too_many_requests", ROUTE, 3),
        ("too_many_sign_ins", "/api/v1/token", 2),
    ]
    assert CANARY not in everything and "198.51.100.7" not in everything and EVIL not in everything
    app.state.refusals.tell()
    assert lines(caplog) == [], "told once"


async def test_it_is_told_by_itself_when_the_time_of_a_round_has_passed(caplog: pytest.LogCaptureFixture) -> None:
    refusals = RefusalCounts(told(), every=0.2)
    for number in (1, 2):
        began = time.monotonic()
        for _ in range(50):
            refusals.count("cross_site", ROUTE)
        assert ours(caplog) == []
        await eventually(lambda: ROUTE in caplog.text)
        assert time.monotonic() - began >= 0.2, number
        assert ours(caplog) == [("cross_site", ROUTE, 50)]


async def test_the_running_application_tells_of_its_own_routes_and_of_the_last_round_when_it_ends(
    installation: Installation, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", installation.temporal.address)
    app = create_app(installation.settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://jiesu{PREFIX}") as http:
            await http.post(f"/work-orders/{CANARY}/commands/sign", json={}, headers={"Origin": EVIL})
            await http.post("/work-orders", content=b"{", headers={"Content-Type": "application/json"})
            await http.post("/token", data={"password": CANARY})
            await http.get("/work-orders", params={"phone": CANARY})
            await http.post("/webhooks/sms", data={"From": CANARY})
        caplog.clear()
    assert {
        ("bad_signature", f"{PREFIX}/webhooks/sms", 1),
        ("cross_site", f"{PREFIX}/work-orders/{{no}}/commands/sign", 1),
        ("malformed", f"{PREFIX}/token", 1),
        ("malformed", f"{PREFIX}/work-orders", 1),
    } <= set(lines(caplog))


def test_every_kind_is_explained_to_the_operator() -> None:
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    explained = set(re.findall(r"^\| `([a-z_]+)` \|", page, re.MULTILINE))
    assert explained >= CODES, CODES - explained
    assert "refused code=" in page
