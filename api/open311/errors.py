"""Errors in the format of the standard: a list of `{code, description}`, with the HTTP status as the code."""

from collections.abc import Mapping, Sequence
from typing import Final

from fastapi import Request, Response

from api.open311.formats import Format, render

PREFIX: Final = "/open311"
STATUS: Final = {401: 403, 415: 400, 422: 400}
"""The standard has 404 for unknown things, 403 for keys and 400 for invalid requests.

Statuses of HTTP itself stay: 405, 413, 429 and those of the server.
"""


def is_open311(request: Request) -> bool:
    """Whether the address is below the public interface, also an unknown one."""
    path = request.url.path
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def error_response(
    request: Request, status: int, descriptions: Sequence[str], headers: Mapping[str, str] | None = None
) -> Response:
    """The errors as a response, in XML, which every client reads, unless the address ends in `.json`."""
    form = Format.JSON if request.url.path.endswith(f".{Format.JSON}") else Format.XML
    code = STATUS.get(status, status)
    errors = [{"code": code, "description": description} for description in descriptions]
    return render("errors", errors, form, status=code, headers=headers)
