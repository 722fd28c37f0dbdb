"""Errors as the standard has them: a list of `{code, description}`, with the status of HTTP as the code."""

from collections.abc import Mapping, Sequence
from typing import Final

from fastapi import Request, Response

from api.open311.formats import Form, written

PREFIX: Final = "/open311"
STATUS: Final = {401: 403, 415: 400, 422: 400}
"""The standard knows 404 for what is not there, 403 for keys and 400 for what is wrong with a request.

What HTTP itself says keeps its status: 405, 413, 429 and those of the server.
"""


def speaks(request: Request) -> bool:
    """Whether a request is made in the standard's words, also to an address that is none."""
    path = request.url.path
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def answer(
    request: Request, status: int, descriptions: Sequence[str], headers: Mapping[str, str] | None = None
) -> Response:
    """The errors as a response, in XML unless the address asks for JSON: XML is what every client reads."""
    form = Form.JSON if request.url.path.endswith(f".{Form.JSON}") else Form.XML
    code = STATUS.get(status, status)
    errors = [{"code": code, "description": description} for description in descriptions]
    return written("errors", errors, form, status=code, headers=headers)
