"""Problem documents (RFC 9457): the errors of this interface, their codes, statuses and Chinese titles."""

from typing import Any, Final

from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from domain.refusal import Code

MEDIA_TYPE: Final = "application/problem+json"

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
"""The status of a refusal; the default is 422."""

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

    `counts_as`: one of `api.refusal_counts.CODES` under which it is counted, if not under its code and status.
    """

    def __init__(self, status: int, detail: str, code: str | None = None, *, counts_as: str | None = None) -> None:
        super().__init__(status, detail)
        self.code = code or CODES[status]
        self.counts_as = counts_as or self.code


class Hidden(ProblemError):  # noqa: N818 - reads as a sentence where it is raised
    """Something that the caller may not see: answered as not found, and noted (`api.auth.refused_access`).

    `order_no` is the order that it belongs to, if it belongs to one.
    """

    def __init__(self, detail: str, order_no: str | None) -> None:
        super().__init__(404, detail)
        self.order_no = order_no


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problem answers of a route for OpenAPI, and those of every route.

    403 goes with 401: a signed-in person with a duty to do first gets it.
    """
    if 401 in statuses:
        statuses = (*statuses, 403)
    return {
        status: {"description": TITLES[status], "content": {MEDIA_TYPE: {"schema": REFERENCE}}}
        for status in sorted({*statuses, 500, 503})
    }


REFERENCE: Final = {"$ref": "#/components/schemas/Problem"}
