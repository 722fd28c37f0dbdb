"""How much a request may bring: refused by its announced length, or as soon as it has brought more.

Routes that take files are left out: they count for themselves, by their own rules, as the files come.
"""

from typing import Final

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import ProblemError, of_http

MAX_BODY: Final = 2_000_000  # bytes


class BodyLimit:
    """ASGI middleware: no more than `MAX_BODY` bytes are ever taken in, but by a POST to the paths `streamed`."""

    def __init__(self, app: ASGIApp, streamed: frozenset[str] = frozenset()) -> None:
        self._app = app
        self._streamed = streamed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, or answer 413."""
        if scope["type"] != "http" or (scope["method"] == "POST" and scope["path"] in self._streamed):
            await self._app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > MAX_BODY:
            await of_http(Request(scope), _too_large())(scope, receive, send)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > MAX_BODY:
                raise _too_large()
            return message

        await self._app(scope, counted, send)


def _too_large() -> ProblemError:
    return ProblemError(413, f"请求内容超过 {MAX_BODY} 字节")
