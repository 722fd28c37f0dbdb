"""Carries out an upload: reads the body, keeps the files, and answers."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from fastapi import Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import Field, field_validator

from adapters.auth.tokens import Identity
from adapters.database.orders.attachments import new_id
from api.idempotency import answer_key_of, answer_once, request_key
from api.problems import ProblemError
from api.schemas.files import Uploaded, shown_to
from api.uploads.multipart import BodyPart, Multipart
from application.evidence.receiving import ReceivedFile, keep, receive, upload_batch
from application.evidence.upload_refusal import Reason, UploadRefused, too_large, unsupported
from application.input_types import DateOrMoment, InputModel, Name, validated
from application.orders.commands import calendar_of
from application.orders.visibility import visible
from application.services import Services
from domain.policy.evidence import Evidence, Phase
from domain.refusal import Code, Refused
from domain.words import Stage

FILE: Final = "file"
MOST_FILES: Final = 10
MOST_FIELDS: Final = 10
MOST_LOOSE: Final = 500
"""Files of one person that belong to no order yet."""


STATUS: Final[dict[Reason, int]] = {
    "invalid": 422,
    "too_large": 413,
    "unsupported_type": 415,
    "infected": 422,
    "unavailable": 503,
}
"""The status of the answer for a refused file."""


class Details(InputModel):
    """What is said of the files beside their content. `captured_at`: when the picture was taken, as they say."""

    order: Name | None = None
    phase: Phase = Phase.OTHER
    note: str | None = Field(default=None, max_length=500)
    captured_at: DateOrMoment | None = None

    @field_validator("*", mode="before")
    @classmethod
    def _empty_is_absent(cls, value: Any, info: Any) -> Any:
        """A form sends every field that it has."""
        return cls.model_fields[info.field_name].default if value == "" else value


async def upload(services: Services, request: Request, user: Identity) -> Response:
    """Receive the files of a request, and answer with their descriptions.

    Under one `Idempotency-Key` the same files and fields are kept once: their content is compared, because the bytes of
    a multipart body differ each time. Raises ProblemError, Refused.
    """
    place = answer_key_of(request, user.sub)
    body = Multipart(request)
    try:
        async with upload_batch(services) as received:
            details = await _read_body(services, user, body, received)
            if place is None:
                return await _keep(services, request, user, details, {new_id(): each for each in received})
            told = [details.model_dump(mode="json"), [(each.name, each.sha256) for each in received]]
            digest = sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
            ids = _stable_ids(f"{request_key(request)}{digest}", len(received))
            files = dict(zip(ids, received, strict=True))
            return await answer_once(services, place, digest, lambda: _keep(services, request, user, details, files))
    except (ProblemError, Refused):
        await body.linger()
        raise
    except UploadRefused as refused:
        await body.linger()
        raise ProblemError(STATUS[refused.code], str(refused), refused.code) from None


async def _read_body(services: Services, user: Identity, body: Multipart, received: list[ReceivedFile]) -> Details:
    """Read the body: files into `received`, fields into details."""
    fields: dict[str, str] = {}
    limits = _widest_limits(services, user)
    async for part in body.parts():
        if part.filename is not None:
            if part.name != FILE or len(received) == MOST_FILES:
                raise ProblemError(422, f"文件须以 {FILE} 为字段名，一次至多 {MOST_FILES} 个")
            received.append(await receive(services, part.filename, part.content, limits))
            continue
        await _read_field(part, fields)
        if part.name == "order" and fields["order"]:
            limits = await _limits_of(services, user, fields["order"])
    details = validated(Details, fields, calendar_of(services))
    if not received:
        raise Refused(Code.MISSING_FIELD, f"缺少必填内容：{FILE}")
    for each in received:  # the order may be named after the files
        if each.size > limits.max_bytes:
            raise too_large(limits)
        if each.kind not in limits.types:
            raise unsupported(limits)
    return details


async def _read_field(part: BodyPart, fields: dict[str, str]) -> None:
    if part.name in fields or len(fields) == MOST_FIELDS:
        raise ProblemError(422, f"字段 {part.name[:40]} 重复，或字段过多")
    fields[part.name[:100]] = await part.text()


def _stable_ids(said: str, count: int) -> list[str]:
    """The ids of the files of an upload, the same for the same key and content.

    The same key brings the same ids after a crash between keeping and answering; other content brings other ids.
    """
    return [f"att-{sha256(f'{said}{n}'.encode()).hexdigest()[:20]}" for n in range(count)]


async def _keep(
    services: Services, request: Request, user: Identity, details: Details, files: Mapping[str, ReceivedFile]
) -> Response:
    """Keep the files under their ids, and answer with their descriptions."""
    limits = _widest_limits(services, user)
    at_most = MOST_LOOSE
    if details.order is not None:
        limits = await _limits_of(services, user, details.order)
        at_most = limits.max_files
    of = details.model_dump(exclude={"order"}) | {
        "order_no": details.order,
        "regime": user.regime,
        "unit": user.unit,
        "uploaded_by": user.sub,
    }
    await keep(services, files, of, at_most=at_most)
    shown = shown_to(request, services)
    items = [shown(file) for each in files if (file := await services.attachments.get(each)) is not None]
    answer = Uploaded(**items[0].model_dump(), items=tuple(items))
    return JSONResponse(jsonable_encoder(answer), 201, {"Location": f"{request.url.path}/{answer.id}"})


async def _limits_of(services: Services, user: Identity, no: str) -> Evidence:
    """The limits of an order's county. Raises Refused: `unknown_order`, `wrong_stage` once the order is closed."""
    order, view = await visible(services, user, no)
    if view is not None and view.stage in {Stage.CLOSED, Stage.ARCHIVED}:
        raise Refused(Code.WRONG_STAGE, "工单已办结，不能再添加附件")
    return (await services.rules_of(order)).evidence


def _widest_limits(services: Services, user: Identity) -> Evidence:
    """The limits while no order is named: the widest of the counties that the person serves."""
    names = [user.regime] if user.regime in services.rule_books.ids else services.rule_books.ids
    every = [services.rule_books.regime(name).evidence for name in names]
    return Evidence(
        max_size=max(every, key=lambda each: each.max_bytes).max_size,
        types=tuple(dict.fromkeys(kind for each in every for kind in each.types)),
    )
