"""Every error as a problem document (RFC 9457), in Chinese, with the code of the refusal.

Below the address of the public interface the same errors are said as its standard says them.
"""

import json
import logging
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match

from adapters.database.paging import BadCursor
from adapters.outages import OUTAGES
from adapters.validation_wording import wording
from api.door import refusals
from api.open311 import errors as open311
from api.turned_away import noted
from api.words import MAX_FAULTS, place
from domain.refusal import Code, Refused

log = logging.getLogger(__name__)

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
MEDIA_TYPE: Final = "application/problem+json"
RETRY_SECONDS: Final = 2

STATUS: Final = {
    Code.NOT_PERMITTED: 403,
    Code.UNKNOWN_ORDER: 404,
    Code.UNKNOWN_UNIT: 404,
    Code.WRONG_STAGE: 409,
    Code.ALREADY_DONE: 409,
    Code.TOO_LATE: 409,
    Code.TOO_EARLY: 409,
    Code.LIMIT_REACHED: 409,
    Code.RETURN_BARRED: 409,
}
"""The status of a refusal; what is not listed is 422."""

CODES: Final = {
    400: "invalid",
    401: "not_authenticated",
    403: "not_permitted",
    404: "not_found",
    405: "method_not_allowed",
    408: "timed_out",
    409: "in_flight",
    410: "expired",
    413: "too_large",
    415: "invalid",
    416: "invalid",
    422: "invalid",
    429: "too_many_requests",
    500: "internal",
    503: "unavailable",
}
"""The code of a problem that is not a refusal."""

TITLES: Final = {
    400: "请求无法解析",
    401: "请先登录",
    403: "没有权限",
    404: "没有找到",
    405: "不支持此方法",
    408: "等待超时",
    409: "与现状冲突",
    410: "已经失效",
    413: "内容过大",
    415: "内容类型不符",
    416: "范围超出文件",
    422: "请求不合要求",
    429: "请求过于频繁",
    500: "服务器出错",
    503: "服务暂不可用",
}


class Fault(BaseModel):
    """One thing that is wrong with a request, and where."""

    at: str
    reason: str


class Problem(BaseModel):
    """RFC 9457. `code` is for programs, `detail` for people, `clause` the rule that stands behind it."""

    type: str = Field(examples=["urn:jiesu:problem:wrong_stage"])
    title: str
    status: int
    detail: str
    code: str
    clause: str | None = None
    instance: str
    errors: list[Fault] = []


class ProblemError(HTTPException):
    """Ends a request with a problem that is not a refusal by the rules.

    `counts_as`: as which of `api.door.refusals.CODES` it is counted, where code and status do not say it.
    """

    def __init__(self, status: int, detail: str, code: str | None = None, *, counts_as: str | None = None) -> None:
        super().__init__(status, detail)
        self.code = code or CODES[status]
        self.counts_as = counts_as or self.code


class Hidden(ProblemError):  # noqa: N818 - reads as a sentence where it is raised
    """What there is, and whoever asks may not know of: answered as if it were not there, and noted (`api.turned_away`).

    `order_no` is the order that it belongs to, if it belongs to one.
    """

    def __init__(self, detail: str, order_no: str | None) -> None:
        super().__init__(404, detail)
        self.order_no = order_no


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problem answers that a route declares, beside those that every route may give.

    Whoever has signed in but has a duty to do first is answered 403 wherever 401 is an answer.
    """
    if 401 in statuses:
        statuses = (*statuses, 403)
    return {
        status: {"description": TITLES[status], "content": {MEDIA_TYPE: {"schema": REFERENCE}}}
        for status in sorted({*statuses, 500, 503})
    }


REFERENCE: Final = {"$ref": "#/components/schemas/Problem"}


def document(
    request: Request,
    status: int,
    detail: str,
    code: str,
    *,
    clause: str | None = None,
    faults: list[Fault] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """The problem as a response; of the public interface in the words of its standard."""
    if open311.speaks(request):
        said = [f"{fault.at}：{fault.reason}" for fault in faults or ()] or [detail]
        return open311.answer(request, status, said, headers)
    problem = Problem(
        type=f"urn:jiesu:problem:{code}",
        title=TITLES.get(status, HTTPStatus(status).phrase),
        status=status,
        detail=detail,
        code=code,
        clause=clause,
        instance=request.url.path,
        errors=faults or [],
    )
    # Half a surrogate pair that came in may be quoted here and cannot be written as UTF-8.
    content = json.dumps(problem.model_dump(), ensure_ascii=False).encode("utf-8", "replace")
    return Response(content, status, headers, MEDIA_TYPE)


def of_refusal(request: Request, refused: Refused) -> Response:
    """A refusal by the rules."""
    status = STATUS.get(refused.code, 422)
    return document(request, status, refused.reason, refused.code.value, clause=refused.clause)


def of_http(request: Request, error: HTTPException) -> Response:
    """Unknown routes and methods, and what ends a request early."""
    status = error.status_code
    code = error.code if isinstance(error, ProblemError) else CODES.get(status, "invalid")
    detail = error.detail if isinstance(error, ProblemError) else TITLES.get(status, error.detail)
    refusals.count(request, status, error.counts_as if isinstance(error, ProblemError) else code)
    headers = dict(error.headers or {})
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_allowed(request))
    return document(request, status, detail, code, headers=headers)


def _allowed(request: Request) -> list[str]:
    """The methods of an address (RFC 9110 §10.2.1). The router names those of the first route that it looks at only."""
    routes = request.app.router.routes
    return [
        method
        for method in METHODS
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    ]


async def of_validation(request: Request, invalid: RequestValidationError) -> Response:
    """A request that does not have the shape it should have; 400 where it is not even JSON.

    Asynchronous, so that it is counted where everything is: others that only make an answer are given to threads.
    """
    refusals.count(request, 422, "malformed")
    errors = invalid.errors()
    if any(error["type"] == "json_invalid" for error in errors):
        return document(request, 400, "请求内容不是有效的 JSON", "invalid")
    wrong_within = {error["loc"][:-1] for error in errors}
    # A list whose items are wrong counts as empty, too; that would only contradict what is said of them.
    errors = [error for error in errors if error["type"] != "too_short" or error["loc"] not in wrong_within]
    faults = [Fault(at=place(error["loc"][1:]), reason=wording(error)) for error in errors[:MAX_FAULTS]]
    detail = "；".join(f"{fault.at}：{fault.reason}" for fault in faults)
    missing = all(error["type"] == "missing" for error in errors)
    code = Code.MISSING_FIELD if missing else Code.INVALID
    return document(request, 422, detail, code.value, faults=faults)


def of_cursor(request: Request, error: BadCursor) -> Response:
    """A cursor that no list has given."""
    return document(request, 422, str(error), Code.INVALID.value)


def of_outage(request: Request, error: Exception) -> Response:
    """The database or Temporal does not answer; the same request may be made again."""
    # The route, not the address: somebody may have typed a person where a number belongs.
    route = getattr(request.scope.get("route"), "path_format", "")
    log.error("%s %s: %s: %s", request.method, route, type(error).__name__, error)
    return document(
        request, 503, "依赖的服务暂时没有响应，请稍后重试", "unavailable", headers={"Retry-After": str(RETRY_SECONDS)}
    )


def of_bug(request: Request, error: Exception) -> Response:
    """Anything else. The server logs it with its trace."""
    return document(request, 500, "服务器内部错误，已记录", "internal")


def install(app: FastAPI) -> None:
    """Have every error answered so."""
    handlers: dict[type[Exception], Any] = {
        Refused: noted(of_refusal),
        HTTPException: noted(of_http),
        RequestValidationError: of_validation,
        BadCursor: of_cursor,
        Exception: of_bug,
        **dict.fromkeys(OUTAGES, of_outage),
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)
