"""Error responses: a problem document in Chinese, with the code of the refusal.

Below the address of the public interface they have the format of Open311.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final, NamedTuple

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from adapters.database.paging import BadCursor
from adapters.validation_messages import wording
from api import refusal_counts
from api.open311 import errors as open311
from api.problems import CODES, MEDIA_TYPE, STATUS, TITLES, Fault, Problem, ProblemError
from application.input_types import MAX_FAULTS, place
from domain.refusal import Code, Refused

log = logging.getLogger(__name__)

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
RETRY_SECONDS: Final = 2


class Failure(NamedTuple):
    """A failed request: HTTP status, text and code; clause of a refusal, faults of a body, headers."""

    status: int
    detail: str
    code: str
    clause: str | None = None
    faults: Sequence[Fault] = ()
    headers: Mapping[str, str] = {}


def document(request: Request, failure: Failure) -> Response:
    """The failure as a response; below the public interface in the format of its standard."""
    status = failure.status
    if open311.is_open311(request):
        said = [f"{fault.at}：{fault.reason}" for fault in failure.faults] or [failure.detail]
        return open311.error_response(request, status, said, failure.headers)
    problem = Problem(
        type=f"urn:jiesu:problem:{failure.code}",
        title=TITLES.get(status, HTTPStatus(status).phrase),
        status=status,
        detail=failure.detail,
        code=failure.code,
        clause=failure.clause,
        instance=request.url.path,
        errors=list(failure.faults),
    )
    # The text may quote half a surrogate pair from the request, which UTF-8 cannot encode.
    content = json.dumps(problem.model_dump(), ensure_ascii=False).encode("utf-8", "replace")
    return Response(content, status, failure.headers, MEDIA_TYPE)


def of_refusal(request: Request, refused: Refused) -> Response:
    """A refusal by the rules."""
    status = STATUS.get(refused.code, 422)
    return document(request, Failure(status, refused.reason, refused.code.value, refused.clause))


def of_http(request: Request, error: HTTPException) -> Response:
    """Unknown routes and methods, and problems that end a request early."""
    status = error.status_code
    code = error.code if isinstance(error, ProblemError) else CODES.get(status, "invalid")
    detail = error.detail if isinstance(error, ProblemError) else TITLES.get(status, error.detail)
    refusal_counts.count(request, status, error.counts_as if isinstance(error, ProblemError) else code)
    headers = dict(error.headers or {})
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_allowed(request))
    return document(request, Failure(status, detail, code, headers=headers))


def _allowed(request: Request) -> list[str]:
    """The methods of an address (RFC 9110 §10.2.1); the router names those of its first match only."""
    routes = request.app.router.routes
    return [
        method
        for method in METHODS
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    ]


async def of_validation(request: Request, invalid: RequestValidationError) -> Response:
    """A request that fails validation; 400 if it is not JSON.

    Asynchronous, so that it counts in the event loop; synchronous handlers run in threads.
    """
    refusal_counts.count(request, 422, "malformed")
    errors = invalid.errors()
    if any(error["type"] == "json_invalid" for error in errors):
        return document(request, Failure(400, "请求内容不是有效的 JSON", "invalid"))
    wrong_within = {error["loc"][:-1] for error in errors}
    # A list of invalid items is reported as too short as well, which contradicts the faults of its items.
    errors = [error for error in errors if error["type"] != "too_short" or error["loc"] not in wrong_within]
    faults = [Fault(at=place(error["loc"][1:]), reason=wording(error)) for error in errors[:MAX_FAULTS]]
    detail = "；".join(f"{fault.at}：{fault.reason}" for fault in faults)
    missing = all(error["type"] == "missing" for error in errors)
    code = Code.MISSING_FIELD if missing else Code.INVALID
    return document(request, Failure(422, detail, code.value, faults=faults))


def of_cursor(request: Request, error: BadCursor) -> Response:
    """A cursor that no list has returned."""
    return document(request, Failure(422, str(error), Code.INVALID.value))


def of_outage(request: Request, error: Exception) -> Response:
    """The database or Temporal does not answer; the request may be repeated."""
    # The route, not the address: that may contain a person's data in place of a number.
    route = getattr(request.scope.get("route"), "path_format", "")
    log.error("%s %s: %s: %s", request.method, route, type(error).__name__, error)
    headers = {"Retry-After": str(RETRY_SECONDS)}
    return document(request, Failure(503, "依赖的服务暂时没有响应，请稍后重试", "unavailable", headers=headers))


def of_bug(request: Request, error: Exception) -> Response:
    """Any other error. The server logs it with its traceback."""
    return document(request, Failure(500, "服务器内部错误，已记录", "internal"))
