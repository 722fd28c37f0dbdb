"""Limits the size of a request body and the time to send it: refused by its announced length, or as soon as it is
larger, or when it does not end in time.

Uploads of files are exempt: their route has limits of its own.
"""

import asyncio
from typing import Final

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problem_documents import of_http
from api.problems import ProblemError

MAX_BODY: Final = 2_000_000  # bytes


class BodyLimit:
    """ASGI middleware: a body has at most `MAX_BODY` bytes and arrives within `seconds` of the first read; exempt are
    POSTs of multipart forms to the paths `streamed`."""

    def __init__(self, app: ASGIApp, seconds: float, streamed: frozenset[str] = frozenset()) -> None:
        self._app = app
        self._seconds = seconds
        self._streamed = streamed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, or answer 413 or 408."""
        if scope["type"] != "http" or self._counts_itself(scope):
            await self._app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > MAX_BODY:
            await of_http(Request(scope), _too_large())(scope, receive, send)
            return
        clock = asyncio.get_running_loop().time
        taken, whole, answered = 0, False, False
        deadline: float | None = None

        async def receive_counted() -> Message:
            nonlocal taken, whole, deadline
            if whole:
                return await receive()
            deadline = deadline or clock() + self._seconds
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                raise ProblemError(408, f"请求内容在 {self._seconds:g} 秒内没有发送完") from None
            taken += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if taken > MAX_BODY:
                raise _too_large()
            return message

        async def send_noting_start(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            await self._app(scope, receive_counted, send_noting_start)
        except ProblemError as problem:
            # Raised before any route, so no error handler has answered it.
            if answered:
                raise
            await of_http(Request(scope), problem)(scope, receive, send)

    def _counts_itself(self, scope: Scope) -> bool:
        """Whether the route streams the body; any other content is read whole before the route."""
        kind = dict(scope["headers"]).get(b"content-type", b"").lower()
        return scope["method"] == "POST" and scope["path"] in self._streamed and kind.startswith(b"multipart/form-data")


def _too_large() -> ProblemError:
    return ProblemError(413, f"请求内容超过 {MAX_BODY} 字节")
