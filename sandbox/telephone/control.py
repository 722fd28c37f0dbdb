"""The sandbox's control API: sets faults, and shows the messages and calls of a telephone.

PUT /sandbox/faults     [{"kind": "timeout", "on": "messages", "times": 2, "processed": true}]
GET, DELETE the same    GET /sandbox/phones/{number}
"""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from sandbox.telephone.faults import Fault, FaultBook
from sandbox.telephone.phone_store import Call, Message, PhoneStore
from sandbox.telephone.switchboard import Switchboard

LATEST = 1000  # messages and calls

_WORDING = {
    "missing": "缺少此项",
    "extra_forbidden": "没有这一项",
    "enum": "不认识的值",
    "json_invalid": "不是有效的 JSON",
    "list_type": "应为列表",
    "model_attributes_type": "应为对象",
}


def control(store: PhoneStore, book: FaultBook, switchboard: Switchboard) -> APIRouter:
    """The routes under `/sandbox`. They have no authentication: the sandbox serves the loopback interface only."""
    router = APIRouter(prefix="/sandbox")

    @router.put("/faults")
    async def replace(faults: list[Fault]) -> list[Fault]:
        book.replace(faults)
        return book.faults

    @router.get("/faults")
    async def standing() -> list[Fault]:
        return book.faults

    @router.delete("/faults", status_code=204)
    async def clear() -> None:
        book.replace([])

    @router.get("/phones/{number}")
    async def phone(number: str) -> dict[str, Any]:
        """Messages and calls, oldest first; for a call also its transcript and the input it waits for."""
        items = store.conversation(number, LATEST, 0)
        calls = [item for item in items if isinstance(item, Call)]
        return {
            "number": number,
            "messages": [asdict(item) for item in items if isinstance(item, Message)],
            "calls": [_call(store, switchboard, call) for call in calls],
        }

    return router


def _call(store: PhoneStore, switchboard: Switchboard, call: Call) -> dict[str, Any]:
    keys, speech = switchboard.waiting_for(call.sid)
    heard = [asdict(line) for line in store.heard(call.sid)]
    return asdict(call) | {"heard": heard, "awaits_keys": keys, "awaits_speech": speech}


def invalid(errors: RequestValidationError) -> JSONResponse:
    """A problem document (RFC 9457) with each wrong value and a message."""
    faults = [
        {"at": ".".join(map(str, error["loc"][1:])), "reason": reason(error["type"], error["msg"])}
        for error in errors.errors()[:20]
    ]
    body = {
        "type": "urn:jiesu:problem:invalid",
        "title": "请求不合要求",
        "status": 422,
        "code": "invalid",
        "detail": "；".join(f"{fault['at']}：{fault['reason']}" for fault in faults),
        "errors": faults,
    }
    return JSONResponse(body, 422, media_type="application/problem+json")


def reason(kind: str, message: str) -> str:
    """The Chinese message for a pydantic error type."""
    return message if kind == "impossible" else _WORDING.get(kind, "取值不对")
