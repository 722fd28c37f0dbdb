"""Routes about evidence: uploads, descriptions, and links that open files."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Request, Response
from pydantic import Field

from adapters.auth.tokens import Identity
from adapters.database.orders.attachments import File
from adapters.files.signed_links import BadLink, ExpiredLink, Purpose, SignedLink, opened
from api.auth.identity import ServicesDep, User
from api.auth.request_origin import origin_of
from api.idempotency import ReadOnlyRoute
from api.problems import Hidden, ProblemError, answers
from api.schemas.files import (
    OPEN,
    FileOut,
    FilesOut,
    LinkOut,
    Uploaded,
    life_of_links,
    paired,
    path_of,
    shown_to,
)
from api.uploads.downloads import serve_file, serve_thumbnail
from api.uploads.upload import Details, upload
from application.audit import acts
from application.input_types import InputModel, Name
from application.orders.visibility import is_shielded_from, is_visible, visible
from application.services import Services
from domain.access.acts import Deed
from domain.order.records import StoredOrder
from domain.permissions import require

UPLOADS = "/attachments"
DIGITS: Final = 16
_DETAILS: dict[str, Any] = Details.model_json_schema(ref_template="#/components/schemas/{model}")["properties"]
_FORM: dict[str, Any] = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {"type": "array", "items": {"type": "string", "format": "binary"}, "minItems": 1, "maxItems": 10},
        # A form sends empty fields too.
        **{name: {"anyOf": [field, {"type": "string", "maxLength": 0}]} for name, field in _DETAILS.items()},
    },
}

router = APIRouter(tags=["附件"])
links = APIRouter(tags=["附件"], route_class=ReadOnlyRoute)


class LinkRequest(InputModel):
    """What a link is for, and for how many seconds, if shorter than links usually last."""

    purpose: Purpose = "view"
    expires_in: int | None = Field(default=None, ge=1, le=86_400)


@router.post(
    UPLOADS,
    status_code=201,
    response_model=Uploaded,
    responses=answers(400, 401, 404, 408, 409, 413, 415, 422),
    openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}},
)
async def hand_in(request: Request, services: ServicesDep, user: User) -> Response:
    """上传附件：一个或几个 file，可附 order、phase、note、captured_at（先于 file 为宜）。"""
    return await upload(services, request, user)


@router.get(UPLOADS, responses=answers(401, 404, 422))
async def listed(request: Request, services: ServicesDep, user: User, order: Name | None = None) -> FilesOut:
    """工单的附件，附处理前后的对照；不写 order 时为本人上传而尚未用于工单的附件。"""
    if order is not None:
        seen, _ = await visible(services, user, order)
        await acts.note(services, origin_of(request), user, Deed.FILES_LISTED, order_no=order, regime=seen.regime)
        files = [file for file in await services.attachments.of_order(order) if _open_to(user, seen, file)]
    else:
        files = await services.attachments.loose(user.sub)
    return FilesOut(items=tuple(map(shown_to(request, services), files)), pairs=paired(files))


@router.get(UPLOADS + "/{id}", responses=answers(401, 404, 422))
async def described(id: str, request: Request, services: ServicesDep, user: User) -> FileOut:
    """一个附件的情况。"""
    file = await _visible_file(services, user, id)
    await acts.note(services, origin_of(request), user, Deed.FILES_LISTED, **_about(file))
    return shown_to(request, services)(file)


@links.post(UPLOADS + "/{id}/link", responses=answers(400, 401, 404, 409, 413, 422))
async def link_to(
    id: str,
    request: Request,
    services: ServicesDep,
    user: User,
    body: Annotated[LinkRequest | None, Body()] = None,
) -> LinkOut:
    """打开附件的限时链接，凭链接即可打开。"""
    asked = body or LinkRequest()
    file = await _visible_file(services, user, id)
    if asked.purpose == "thumbnail" and file.thumbnail_key is None:
        raise ProblemError(404, "没有缩略图")
    longest = life_of_links(services)
    life = min(longest, timedelta(seconds=asked.expires_in)) if asked.expires_in else longest
    url = None
    if services.settings.presigned_links and asked.purpose != "thumbnail":
        url = await services.objects.presign(file.object_key, life)
    url = url or path_of(request, services, SignedLink(file=id, purpose=asked.purpose), life)
    link = _link_data(asked.purpose, url.rpartition("/")[2])
    await acts.note(services, origin_of(request), user, Deed.FILE_LINK_MADE, data=link, **_about(file))
    return LinkOut(
        url=url,
        purpose=asked.purpose,
        expires_at=datetime.now(UTC) + life,
        expires_in=int(life.total_seconds()),
    )


@router.get(
    "/files/{token}",
    name=OPEN,
    response_class=Response,
    responses=answers(404, 410, 416, 422)
    | {200: {"description": "文件内容", "content": {"*/*": {}}}, 206: {"description": "文件的一段"}},
)
async def open_file(token: str, request: Request, services: ServicesDep) -> Response:
    """凭限时链接取文件，可按 Range 取一段。"""
    try:
        link = opened(token, services.settings.secret_key)
    except ExpiredLink:
        raise ProblemError(410, "链接已过期，请重新取得") from None
    except BadLink:
        raise ProblemError(404, "链接无效") from None
    file = await services.attachments.get(link.file)
    if file is None:
        raise ProblemError(404, "没有这个附件")
    data = _link_data(link.purpose, token)
    await acts.note(services, origin_of(request), None, Deed.FILE_OPENED, data=data, **_about(file))
    if link.purpose == "thumbnail":
        return await serve_thumbnail(services, file)
    return await serve_file(services, request, file, shown=link.purpose == "view")


def _open_to(user: Identity, order: StoredOrder, file: File) -> bool:
    """Whether the person may see a file: the unit complained of sees only its own (HK-17)."""
    return not is_shielded_from(user, order) or file.unit == user.unit


def _link_data(purpose: Purpose, token: str) -> dict[str, str | int | bool]:
    """A link as acts name it: the digest connects its making with its opening, and opens nothing itself."""
    return {"purpose": purpose, "link": sha256(token.encode()).hexdigest()[:DIGITS]}


def _about(file: File) -> dict[str, str | None]:
    """The file as acts name it."""
    return {"order_no": file.order_no, "about": file.id, "regime": file.regime}


async def _visible_file(services: Services, user: Identity, file_id: str) -> File:
    """A file that the person may see: of a visible order, or their own without an order."""
    file = await services.attachments.get(file_id) if file_id.isprintable() else None
    if file is not None and not file.realm:
        if file.order_no is None and file.uploaded_by == user.sub:
            require("see_own_evidence", user.role)
            return file
        if file.order_no is not None and await is_visible(services, user, file.order_no):
            order = await services.orders.get(file.order_no)
            if order is not None and _open_to(user, order, file):
                return file
        raise Hidden("没有这个附件", file.order_no)
    raise ProblemError(404, "没有这个附件")
