"""The middleware before every route, on a small application."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import ValidationError

from adapters.settings.setting_types import Rate
from adapters.settings.settings import Settings
from api import error_handlers, problems
from api.middleware.json_shape import MAX_DEPTH, MAX_PARTS
from api.middleware.security_headers import HSTS, USUAL
from api.middleware.stack import GuardedApp, add_middleware
from api.middleware.token_buckets import MOST, TokenBuckets
from tests.api.callers import problem

HOST = "jiesu.example.gov.cn"
DESK = "https://desk.example.gov.cn"
EVIL = "https://evil.example"
TOLD_BY_A_TRACE = "what-a-trace-would-tell"


def application(**values: str) -> FastAPI:
    """The middleware with these settings, before a route that echoes its input and one that raises."""
    of = Settings.model_validate({"JIESU_PUBLIC_URL": f"https://{HOST}"} | values)
    app = GuardedApp(of.public_base_url)
    add_middleware(
        app, of, prefix="/api/v1", public="/open311/", logins=frozenset({"/api/v1/token"}), streamed="/api/v1/files"
    )
    error_handlers.install(app)

    async def echo(request: Request) -> JSONResponse:
        body = await request.body()
        return JSONResponse({"size": len(body), "json": json.loads(body) if body[:1] in b"[{" and body else None})

    async def broken() -> None:
        raise RuntimeError(TOLD_BY_A_TRACE)

    for path in (
        "/api/v1/echo",
        "/api/v1/token",
        "/api/v1/webhooks/sms",
        "/open311/v2/requests.json",
        "/api/v1/health/live",
    ):
        app.add_api_route(path, echo, methods=["GET", "POST"])
    app.add_api_route("/api/v1/broken", broken, methods=["GET"])
    return app


def client(app: FastAPI, peer: str = "198.51.100.7", base: str = f"https://{HOST}") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(peer, 1))
    return httpx.AsyncClient(transport=transport, base_url=base)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "echo", 200), ("GET", "nothing", 404), ("PUT", "echo", 405), ("GET", "broken", 500)],
)
async def test_every_answer_carries_the_headers_and_tells_nothing(method: str, path: str, status: int) -> None:
    async with client(application()) as http:
        answer = await http.request(method, f"/api/v1/{path}")
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in USUAL} == USUAL
    assert answer.headers["Strict-Transport-Security"] == HSTS
    assert TOLD_BY_A_TRACE not in answer.text and "Traceback" not in answer.text
    if status >= 400:
        problem(answer, status, answer.json()["code"])


async def test_without_tls_nobody_is_told_to_insist_on_it() -> None:
    async with client(application(JIESU_PUBLIC_URL="http://127.0.0.1:8000")) as http:
        assert "Strict-Transport-Security" not in (await http.get("/api/v1/echo")).headers


@pytest.mark.parametrize("path", ["nothing<script>alert(1)</script>", "echo?q=<script>alert(1)</script>"])
async def test_no_answer_is_a_page(path: str) -> None:
    async with client(application()) as http:
        answer = await http.put(f"/api/v1/{path}")
    assert answer.headers["content-type"] == problems.MEDIA_TYPE
    assert "<script>" not in json.loads(answer.text)["detail"]


async def test_no_other_site_may_read_unless_it_is_listed() -> None:
    ask = {"Origin": DESK, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    async with client(application()) as http:
        for answer in (await http.options("/api/v1/echo", headers=ask), await http.get("/api/v1/echo", headers=ask)):
            assert not [name for name in answer.headers if name.startswith("access-control")]
    async with client(application(JIESU_CORS_ORIGINS=DESK)) as http:
        preflight = await http.options("/api/v1/echo", headers=ask)
        assert preflight.headers["access-control-allow-origin"] == DESK
        assert "access-control-allow-credentials" not in preflight.headers
        refused = await http.get("/api/v1/nothing", headers={"Origin": DESK})
        assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (404, DESK)
        other = await http.get("/api/v1/echo", headers={"Origin": EVIL})
        assert "access-control-allow-origin" not in other.headers


@pytest.mark.parametrize(
    "bad", ["*", "https://*.example.cn", "desk.example.cn", "https://desk.cn/path", "http://desk.cn", "null"]
)
def test_an_origin_that_is_none_is_not_taken(bad: str) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"JIESU_CORS_ORIGINS": bad})


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("echo", {}, 200),
        ("echo", {"Sec-Fetch-Site": "same-origin", "Origin": f"https://{HOST}"}, 200),
        ("echo", {"Sec-Fetch-Site": "none"}, 200),
        ("echo", {"Origin": f"https://{HOST}"}, 200),
        ("echo", {"Sec-Fetch-Site": "cross-site", "Origin": DESK}, 200),
        ("echo", {"Sec-Fetch-Site": "cross-site", "Origin": EVIL}, 403),
        ("echo", {"Sec-Fetch-Site": "same-site", "Origin": f"https://other.{HOST}"}, 403),
        ("echo", {"Sec-Fetch-Site": "cross-site"}, 403),
        ("echo", {"Origin": EVIL}, 403),
        ("echo", {"Origin": "null"}, 403),
        ("echo", {"Origin": "https://[broken"}, 403),
        ("token", {"Origin": EVIL}, 403),
        ("webhooks/sms", {"Origin": EVIL}, 200),
    ],
)
async def test_a_page_of_another_site_cannot_act_here(path: str, headers: dict[str, str], status: int) -> None:
    async with client(application(JIESU_CORS_ORIGINS=DESK)) as http:
        answer = await http.post(f"/api/v1/{path}", json={}, headers=headers)
        assert answer.status_code == status
        if status == 403:
            problem(answer, 403, "cross_site")
        assert (await http.get(f"/api/v1/{path}", headers=headers)).status_code == 200


async def test_the_publics_door_is_open_to_pages_of_others() -> None:
    async with client(application()) as http:
        assert (await http.post("/open311/v2/requests.json", headers={"Origin": EVIL})).status_code == 200


async def test_only_by_our_names() -> None:
    app = application(JIESU_HOSTS=f"{HOST},10.0.0.5,[::1]")
    for base in (f"https://{HOST}", f"https://{HOST.upper()}:8443", "http://10.0.0.5:8000", "http://[::1]:8000"):
        async with client(app, base=base) as http:
            assert (await http.get("/api/v1/echo")).status_code == 200, base
    for base in ("https://rebound.example", f"https://{HOST}.evil.example"):
        async with client(app, base=base) as http:
            problem(await http.get("/api/v1/echo"), 400, "invalid")
            assert (await http.get("/api/v1/health/live")).status_code == 200


def nested(depth: int) -> bytes:
    return b'{"a": ' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (nested(MAX_DEPTH), 200),
        (nested(MAX_DEPTH + 1), 400),
        (b"[" * 1_000_000, 400),
        (b"[" + b",".join([b"[]"] * MAX_PARTS) + b"]", 400),
        (b'{"a": "' + b"[" * 1000 + b'"}', 200),
        (b'{"a": "\\"' + b"[" * 1000 + b'"}', 200),
        (b'{"role": "agent", "role": "admin"}', 422),
        (b'{"a": {"b": 1, "\\u0062": 2}}', 422),
        (b'{"a": ' + b"9" * 5000 + b"}", 422),
        (b'{"a": 1e' + b"9" * 5000 + b"}", 422),
        ('{"a": "\u5b22"}'.encode("utf-16"), 400),
    ],
)
async def test_json_is_neither_deep_nor_ambiguous(body: bytes, status: int) -> None:
    async with client(application()) as http:
        for kind in ("application/json", "Application/Problem+JSON; charset=utf-8", ""):
            headers = {"Content-Type": kind} if kind else {}
            answer = await http.post("/api/v1/echo", content=body, headers=headers)
            assert answer.status_code == status
            if status == 200:
                assert answer.json() == {"size": len(body), "json": json.loads(body)}
            else:
                problem(answer, status, "invalid")
        signed = await http.post("/api/v1/webhooks/sms", content=body[:0])
        assert signed.status_code == 200


async def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    async def dripping() -> AsyncIterator[bytes]:
        yield b'{"a": "'
        while True:
            await asyncio.sleep(0.1)
            yield b"x"

    async with client(application(JIESU_BODY_SECONDS="0.5")) as http, asyncio.timeout(60):
        problem(await http.post("/api/v1/echo", content=dripping()), 408, "timed_out")
        problem(await http.post("/api/v1/webhooks/sms", content=dripping()), 408, "timed_out")


async def statuses(http: httpx.AsyncClient, times: int, **how: Any) -> list[int]:
    return [(await http.request(**how)).status_code for _ in range(times)]


async def test_a_caller_who_asks_too_often_is_told_when_to_come_back() -> None:
    app = application(JIESU_RATE_CALLER="0.01/3")
    async with client(app) as http:
        how = {"method": "GET", "url": "/api/v1/echo"}
        assert await statuses(http, 4, **how, headers={"Authorization": "Bearer one"}) == [200, 200, 200, 429]
        assert await statuses(http, 1, **how, headers={"Authorization": "Bearer two"}) == [200]
        assert await statuses(http, 5, **how) == [200] * 5
        assert (
            await statuses(http, 5, method="GET", url="/api/v1/health/live", headers={"Authorization": "Bearer one"})
            == [200] * 5
        )
        refused = await http.get("/api/v1/echo", headers={"Authorization": "Bearer one"})
        problem(refused, 429, "too_many_requests")
        assert 90 <= int(refused.headers["Retry-After"]) <= 100


async def test_guessing_passwords_is_slow_from_one_address() -> None:
    app = application(JIESU_RATE_LOGIN="0.01/2")
    async with client(app) as http:
        assert await statuses(http, 3, method="POST", url="/api/v1/token") == [200, 200, 429]
        assert await statuses(http, 1, method="POST", url="/api/v1/echo") == [200]
    async with client(app, peer="198.51.100.8") as http:
        assert await statuses(http, 1, method="POST", url="/api/v1/token") == [200]


@pytest.mark.parametrize(
    ("peer", "forwarded", "counted_with"),
    [
        ("198.51.100.1", "203.0.113.9", "198.51.100.1"),  # not a trusted proxy: its forwarding header is ignored
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "1.2.3.4, 203.0.113.9, 10.0.0.2", "203.0.113.9"),  # entries further left may be forged
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("2001:db8::1", "", "2001:db8::ffff"),  # one subscriber
        ("::ffff:203.0.113.9", "", "203.0.113.9"),
    ],
)
async def test_an_address_is_believed_from_our_own_proxies_only(peer: str, forwarded: str, counted_with: str) -> None:
    app = application(JIESU_RATE_ADDRESS="0.01/1", JIESU_TRUSTED_PROXIES="10.0.0.0/8")
    async with client(app, peer=peer) as http:
        assert (await http.get("/api/v1/echo", headers={"X-Forwarded-For": forwarded})).status_code == 200
    async with client(app, peer=counted_with) as http:
        assert (await http.get("/api/v1/echo")).status_code == 429


@pytest.mark.parametrize("bad", ["0/5", "10", "10/0", "-1/5", "ten/five", "10/5/2", ""])
def test_a_rate_that_is_none_is_not_taken(bad: str) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"JIESU_RATE_LOGIN": bad})


def test_buckets_fill_again_and_do_not_pile_up() -> None:
    buckets = TokenBuckets(Rate(2, 4))
    assert [buckets.take("a", 100.0) for _ in range(5)] == [0, 0, 0, 0, 1]
    assert [buckets.take("a", 100.6) for _ in range(2)] == [0, 1]
    assert [buckets.take("a", 1000.0) for _ in range(5)] == [0, 0, 0, 0, 1]
    for number in range(MOST + 10):
        buckets.take(str(number), 1001.0)
    assert len(buckets) == MOST
