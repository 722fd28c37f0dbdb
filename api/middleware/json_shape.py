"""Checks the shape of JSON bodies: depth, number of parts, unique names.

Depth costs the parser's stack, and of two values under one name (RFC 8259 §4) a proxy may have read the other.
Signed webhooks are exempt: their bodies are stored unchanged.
"""

import json
import re
from typing import Any, Final

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problem_documents import of_http
from api.problems import ProblemError

MAX_DEPTH: Final = 32
MAX_PARTS: Final = 20_000
"""Objects and lists in one body."""
MAX_DIGITS: Final = 40

_PART: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{]|[\]}]', re.DOTALL)
_OTHER_BODIES: Final = ("multipart/", "application/x-www-form-urlencoded", "text/", "application/octet-stream")


class JsonShape:
    """ASGI middleware: 400 for a body that is too deep, 422 for duplicate names; else the body passes unchanged."""

    def __init__(self, app: ASGIApp, unread: tuple[str, ...]) -> None:
        self._app = app
        self._unread = unread

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, or answer 400 or 422."""
        if scope["type"] != "http" or scope["path"].startswith(self._unread) or not _may_be_json(Request(scope)):
            await self._app(scope, receive, send)
            return
        messages: list[Message] = []
        while not messages or messages[-1].get("more_body", False):
            messages.append(await receive())
        try:
            check_shape(b"".join(message.get("body", b"") for message in messages))
        except ProblemError as problem:
            await of_http(Request(scope), problem)(scope, receive, send)
            return
        messages.reverse()

        async def again() -> Message:
            return messages.pop() if messages else await receive()

        await self._app(scope, again, send)


def check_shape(body: bytes) -> None:
    """Check a body. Raises ProblemError. One that is not JSON passes, and is refused where it is parsed."""
    if not body:
        return
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise ProblemError(400, "请求内容不是 UTF-8 编码的 JSON") from None
    depth = parts = 0
    for found in _PART.finditer(text):
        sign = found[0]
        if sign in "[{":
            depth, parts = depth + 1, parts + 1
            if depth > MAX_DEPTH or parts > MAX_PARTS:
                raise ProblemError(400, f"JSON 嵌套至多 {MAX_DEPTH} 层，对象和列表至多 {MAX_PARTS} 个")
        elif sign in "]}":
            depth -= 1
    try:
        json.loads(text, object_pairs_hook=_unique_names, parse_int=_short_number, parse_float=_short_number)
    except ValueError:
        return


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ProblemError(422, "JSON 对象中有重复的键", "invalid", counts_as="malformed")
    return found


def _short_number(number: str) -> str:
    if len(number) > MAX_DIGITS:
        raise ProblemError(422, f"JSON 中的数字至多 {MAX_DIGITS} 个字符", "invalid", counts_as="malformed")
    return number


def _may_be_json(request: Request) -> bool:
    return not request.headers.get("Content-Type", "").lower().lstrip().startswith(_OTHER_BODIES)
