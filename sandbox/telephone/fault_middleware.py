"""ASGI middleware that injects faults into API requests: lost, late, refused or answered with garbage."""

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from uvicorn.protocols.http.h11_impl import H11Protocol

from sandbox.telephone.faults import ON_REQUESTS, Fault, FaultBook, Kind, Target
from sandbox.telephone.twilio_formats import API, TwilioError, refusal

HOLD = 120.0  # seconds; longer than any client's timeout
GARBAGE = "<html><head><title>502 Bad Gateway</title></head><body>\x00\ufffd{{"

Scope = dict[str, Any]
Event = dict[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_TRANSPORTS: dict[tuple[str, int], asyncio.Transport] = {}
_HELD: set[tuple[str, int]] = set()


class ResettableProtocol(H11Protocol):
    """Stores its connection by the client's address, because ASGI cannot reset a connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Store the connection."""
        super().connection_made(transport)
        if self.client:
            _TRANSPORTS[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Remove the connection."""
        if self.client:
            _TRANSPORTS.pop(self.client, None)
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Close a held connection, which would delay the end of the program."""
        super().shutdown()
        if self.client in _HELD:
            self.transport.abort()


class FaultMiddleware:
    """Middleware for Twilio's API; pages and controls are not affected."""

    def __init__(self, app: App, book: FaultBook) -> None:
        self._app = app
        self._book = book

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or apply a fault to it."""
        if scope["type"] != "http" or not scope["path"].startswith(f"/{API}/"):
            await self._app(scope, receive, send)
            return
        body = await _read_body(receive)
        target, number = _target_of(scope, body)
        if slow := self._book.strike(target, number, Kind.SLOW):
            await asyncio.sleep(slow.seconds)
        fault = self._book.strike(target, number, *ON_REQUESTS)
        if not fault:
            await self._app(scope, _replay_body(body, receive), send)
            return
        if fault.processed:
            await self._app(scope, _replay_body(body, receive), _discard)
        if fault.kind is Kind.TIMEOUT:
            _HELD.add(scope["client"])
            await _until_gone(receive)
            _HELD.discard(scope["client"])
        if fault.kind in {Kind.TIMEOUT, Kind.RESET}:
            _reset(scope)
            await _until_gone(receive)
        else:
            await _answer(send, *_response(fault, number, scope["method"]))


def _target_of(scope: Scope, body: bytes) -> tuple[Target, str]:
    """The target kind of a request and its telephone number, empty for a lookup by id."""
    creates = scope["method"] == "POST"
    form = parse_qs((body if creates else scope["query_string"]).decode("utf-8", "replace"))
    number = form.get("To", [""])[0]
    if creates and scope["path"].endswith("/Messages.json"):
        return Target.MESSAGES, number
    if creates and scope["path"].endswith("/Calls.json"):
        return Target.CALLS, number
    return Target.LOOKUPS, number


def _response(fault: Fault, number: str, method: str) -> tuple[int, str, dict[str, str]]:
    """Status, body and additional headers of a fault's answer."""
    if fault.kind is Kind.GARBAGE:
        return 201 if method == "POST" else 200, GARBAGE, {"Content-Type": "text/html"}
    more = {"Content-Type": "application/json"}
    if fault.kind is Kind.TOO_MANY:
        error = TwilioError(429, 20429, "Too Many Requests")
        more["Retry-After"] = str(fault.retry_after)
    elif fault.kind is Kind.REFUSE:
        error = refusal(fault.provider_code, number)
    else:
        error = TwilioError(fault.status, 20500, "An internal server error has occurred")
    return error.status, json.dumps(error.body), more


async def _answer(send: Send, status: int, text: str, headers: dict[str, str]) -> None:
    content = text.encode()
    named = headers | {"Content-Length": str(len(content))}
    pairs = [(name.lower().encode(), value.encode()) for name, value in named.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": content})


async def _read_body(receive: Receive) -> bytes:
    body = b""
    while (event := await receive())["type"] == "http.request":
        body += event.get("body", b"")
        if not event.get("more_body"):
            break
    return body


def _replay_body(body: bytes, receive: Receive) -> Receive:
    """A `receive` that returns the body that was read already, then later messages."""
    events = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Event:
        return events.pop() if events else await receive()

    return replay


async def _discard(_: Event) -> None:
    """A `send` that discards the answer."""


async def _until_gone(receive: Receive) -> None:
    """Wait until the client has disconnected."""
    try:
        async with asyncio.timeout(HOLD):
            while (await receive())["type"] != "http.disconnect":
                continue
    except TimeoutError:
        return


def _reset(scope: Scope) -> None:
    """Reset the connection, if the client is still connected."""
    if not (transport := _TRANSPORTS.get(tuple(scope["client"] or ()))):
        return
    line = transport.get_extra_info("socket")
    if line is not None:
        # With a linger time of zero the kernel sends RST instead of FIN.
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
