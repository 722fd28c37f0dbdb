"""Reads a multipart body part by part (RFC 7578), with one chunk of the network in memory."""

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_to_bytes

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect

from api.problems import ProblemError

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

STALLED_AFTER: Final = 60.0
"""Seconds without a byte after which an upload counts as broken off."""

LINGER: Final = 3.0
"""Seconds for which the rest of a refused body is still read: a sender whose connection is closed may never read the
answer."""

MAX_FIELD: Final = 8_000  # bytes
_ENCODED_NAME: Final = re.compile(rb"filename\*\s*=\s*utf-8'[^']*'([^;\s]+)", re.IGNORECASE)


class BodyPart:
    """One part. Its content is read once, before the next part; an unread rest is skipped."""

    def __init__(self, name: str, filename: str | None, content: AsyncIterator[bytes]) -> None:
        self.name = name
        self.filename = filename
        self.content = content

    async def text(self) -> str:
        """The content of a field. Raises ProblemError if it is too long or not UTF-8."""
        read = bytearray()
        async for chunk in self.content:
            read += chunk
            if len(read) > MAX_FIELD:
                raise ProblemError(413, f"字段 {self.name[:40]} 过长")
        try:
            return read.decode()
        except UnicodeDecodeError:
            raise ProblemError(422, f"字段 {self.name[:40]} 不是 UTF-8 文字") from None


class Multipart:
    """The body of a request. Raises ProblemError if it is malformed, ends early or stalls."""

    def __init__(self, request: Request) -> None:
        self._body = request.stream()
        self._events: deque[tuple[str, Any]] = deque()
        self._headers: dict[bytes, bytes] = {}
        self._field = bytearray()
        self._value = bytearray()
        self._parser = self._new_parser(request.headers.get("Content-Type", ""))

    async def parts(self) -> AsyncIterator[BodyPart]:
        """Yield the parts in their order."""
        while (event := await self._next_event()) is not None:
            kind, headers = event
            if kind != "part":
                continue
            name, filename = _names(headers)
            content = self._content()
            yield BodyPart(name, filename, content)
            async for _ in content:
                pass

    async def linger(self) -> None:
        """Read and discard the rest, for `LINGER` seconds at most."""
        with suppress(TimeoutError, ClientDisconnect, RuntimeError):
            async with asyncio.timeout(LINGER):
                async for _ in self._body:
                    pass

    async def _content(self) -> AsyncIterator[bytes]:
        while (event := await self._next_event()) is not None and event[0] != "end":
            yield event[1]

    async def _next_event(self) -> tuple[str, Any] | None:
        """The next event of the parser; None at the end of the body."""
        while not self._events:
            try:
                async with asyncio.timeout(STALLED_AFTER):
                    chunk = await anext(self._body, None)
            except TimeoutError:
                raise ProblemError(408, "上传中断，请重试") from None
            except ClientDisconnect:
                raise ProblemError(400, "上传中断，请重试") from None
            try:
                if chunk is None:
                    self._parser.finalize()
                    raise ProblemError(400, "上传的内容不完整")
                self._parser.write(chunk)
            except FormParserError:
                raise ProblemError(400, "请求内容不是有效的 multipart/form-data") from None
        event = self._events.popleft()
        return None if event[0] == "over" else event

    def _new_parser(self, content_type: str) -> MultipartParser:
        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise ProblemError(415, "请以 multipart/form-data 上传文件")
        callbacks: MultipartCallbacks = {
            "on_part_begin": self._headers.clear,
            "on_header_field": lambda data, start, end: self._field.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._store_header,
            "on_headers_finished": lambda: self._events.append(("part", dict(self._headers))),
            "on_part_data": lambda data, start, end: self._events.append(("data", data[start:end])),
            "on_part_end": lambda: self._events.append(("end", None)),
            "on_end": lambda: self._events.append(("over", None)),
        }
        try:
            return MultipartParser(options[b"boundary"], callbacks)
        except FormParserError:
            raise ProblemError(400, "multipart/form-data 的 boundary 无效") from None

    def _store_header(self) -> None:
        self._headers[bytes(self._field).lower()] = bytes(self._value)
        self._field.clear()
        self._value.clear()


def _names(headers: dict[bytes, bytes]) -> tuple[str, str | None]:
    """The name of a part, and of its file if it is one."""
    disposition = headers.get(b"content-disposition", b"")
    kind, options = parse_options_header(disposition)
    if kind != b"form-data" or b"name" not in options:
        raise ProblemError(400, "请求内容不是有效的 multipart/form-data")
    filename = options.get(b"filename")
    if encoded := _ENCODED_NAME.search(disposition):
        filename = unquote_to_bytes(encoded[1])
    name = options[b"name"].decode("utf-8", "replace")
    return name, None if filename is None else filename.decode("utf-8", "replace")
