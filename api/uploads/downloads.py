"""Serves files whole or by range (RFC 9110, section 14), never as content that a browser runs."""

import re
from collections.abc import AsyncIterator
from typing import Final, NamedTuple

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from adapters.database.orders.attachments import File
from adapters.files.file_types import KINDS, NAMED_BY
from api.problems import ProblemError
from application.evidence.file_names import content_disposition
from application.services import Services

HARMLESS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; media-src 'self'; sandbox",
    "Cross-Origin-Resource-Policy": "same-site",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
}
_RANGE: Final = re.compile(r"bytes=(\d{0,15})-(\d{0,15})", re.ASCII)


class Span(NamedTuple):
    """From `start` up to but without `end`."""

    start: int
    end: int


async def serve_file(services: Services, request: Request, file: File, *, shown: bool) -> Response:
    """The file, or the requested part of it. Raises ProblemError for a range beyond it or a lost object."""
    headers = HARMLESS | {
        "Accept-Ranges": "bytes",
        "ETag": f'"{file.sha256}"',
        "Content-Disposition": content_disposition(file.name, shown=shown and _is_viewable(file)),
    }
    span = _requested_span(request, file)
    if span is None:
        raise _unsatisfiable(file)
    if span != (0, file.size):
        headers["Content-Range"] = f"bytes {span.start}-{span.end - 1}/{file.size}"
    headers["Content-Length"] = str(span.end - span.start)
    content = await _with_first_chunk(services.objects.get_stream(file.object_key, *span))
    status = 206 if "Content-Range" in headers else 200
    return StreamingResponse(content, status, headers, file.media_type)


async def serve_thumbnail(services: Services, file: File) -> Response:
    """The thumbnail of a file. Raises ProblemError if there is none."""
    content = await services.objects.get(file.thumbnail_key) if file.thumbnail_key else None
    if content is None:
        raise ProblemError(404, "没有缩略图")
    return Response(content, headers=HARMLESS, media_type="image/jpeg")


async def _with_first_chunk(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes, after reading the first: a lost object can no longer be reported once the answer has begun."""
    try:
        first = await anext(chunks)
    except FileNotFoundError:
        raise ProblemError(404, "文件不见了") from None

    async def all_of_it() -> AsyncIterator[bytes]:
        yield first
        async for chunk in chunks:
            yield chunk

    return all_of_it()


def _requested_span(request: Request, file: File) -> Span | None:
    """The requested span; None for a range outside of the file.

    Several ranges, an invalid one, and one for another version of the file get the whole.
    """
    whole = Span(0, file.size)
    found = _RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if (
        found is None
        or found[0] == "bytes=-"
        or request.headers.get("If-Range", f'"{file.sha256}"') != f'"{file.sha256}"'
    ):
        return whole
    if not found[1]:
        last = int(found[2])
        return Span(max(0, file.size - last), file.size) if last else None
    start, end = int(found[1]), min(int(found[2]) + 1 if found[2] else file.size, file.size)
    if found[2] and int(found[2]) < start:
        return whole
    return Span(start, end) if start < file.size else None


def _is_viewable(file: File) -> bool:
    kind = NAMED_BY.get(file.media_type)
    return kind is not None and KINDS[kind].shown


def _unsatisfiable(file: File) -> ProblemError:
    problem = ProblemError(416, f"文件只有 {file.size} 字节")
    problem.headers = {"Content-Range": f"bytes */{file.size}"}
    return problem
