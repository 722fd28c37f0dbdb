"""Routes of Open311 GeoReport v2: discovery, services, requests, tokens.

They are not in the OpenAPI document, because clients know them from the standard.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from adapters.database.accounts.api_keys import KeyCard, TooMany
from adapters.database.orders.public_requests import PublicOrder
from api.auth.identity import ServicesDep
from api.idempotency import answer_key_of, answer_once, request_key
from api.open311 import answers, errors
from api.open311.formats import Format, render
from api.open311.forms import Search, SubmittedForm, read_form, read_query, validated_fields
from api.open311.intake import person_of, service_of, take_in
from api.problems import ProblemError
from application.services import Services
from domain.calendar.business_calendar import CST

PREFIX: Final = f"{errors.PREFIX}/v2"
REQUESTS: Final = "service_requests"

router = APIRouter(prefix=PREFIX, include_in_schema=False)


def _format_of(fmt: str) -> Format:
    if fmt not in set(Format):
        raise ProblemError(404, "地址应以 .xml 或 .json 结尾")
    return Format(fmt)


Written = Annotated[Format, Depends(_format_of)]


def _jurisdiction(services: Services, given: str | None) -> str:
    """The requested county. Raises ProblemError: 400 if it is missing, 404 if it is unknown."""
    ids, named = services.rule_books.ids, (given or "").strip()
    if not named and len(ids) == 1:
        return ids[0]
    if not named:
        raise ProblemError(400, "没有给出 jurisdiction_id")
    if named not in ids:
        raise ProblemError(404, f"没有名为 {named[:60]} 的地区（jurisdiction_id）")
    return named


def _of_query(request: Request, services: ServicesDep) -> str:
    return _jurisdiction(services, read_query(request).get("jurisdiction_id"))


County = Annotated[str, Depends(_of_query)]


@router.get("/discovery.{fmt:ending}")
async def discovery(to: Written, services: ServicesDep) -> Response:
    """Service Discovery."""
    kind = "production" if services.settings.environment == "production" else "test"
    changed = await services.rule_book_history.latest(services.rule_books.hashes.values())
    url = f"{services.settings.public_base_url.rstrip('/')}{PREFIX}"
    return render("discovery", answers.discovery(url, kind, changed), to)


@router.get("/services.{fmt:ending}")
async def service_list(to: Written, county: County, services: ServicesDep) -> Response:
    """GET Service List."""
    return render("services", answers.service_list(services.rule_books.regime(county)), to)


@router.get("/services/{service_code}.{fmt:ending}")
async def definition(service_code: str, to: Written, county: County, services: ServicesDep) -> Response:
    """GET Service Definition."""
    service = service_of(services, county, service_code)
    return render("service_definition", answers.definition(service_code, service), to)


@router.post("/requests.{fmt:ending}")
async def create(to: Written, request: Request, services: ServicesDep) -> Response:
    """POST Service Request, once under one `Idempotency-Key`."""
    sent = await read_form(request)
    card = await _verified_key(services, sent)

    place = answer_key_of(request, person_of(card))

    async def handle() -> Response:
        no, code = await take_in(services, card, sent, intake_key=request_key(request))
        location = {"Location": f"{PREFIX}/requests/{no}.{to}"}
        regime = services.rule_books.regime(card.regime)
        return render(REQUESTS, answers.created_request(regime, code, no), to, status=201, headers=location)

    if place is None:
        return await handle()
    return await answer_once(services, place, sha256(await request.body()).hexdigest(), handle)


@router.get("/requests.{fmt:ending}")
async def find(to: Written, request: Request, county: County, services: ServicesDep) -> Response:
    """GET Service Requests: at most 90 days and 1000 of them, further ones by `page`."""
    search = validated_fields(services, Search, read_query(request))
    if search.service_request_id:
        numbers = [no for no in search.service_request_id if no.isprintable()]
        return await _request_list(services, county, await services.public.of_numbers(county, numbers), to)
    since, until = _search_span(search.start_date, search.end_date)
    statuses = set(search.status)
    found = await services.public.find(
        county,
        since,
        until,
        codes=search.service_code,
        ended="closed" in statuses if len(statuses) == 1 else None,
        offset=(search.page - 1) * search.page_size,
        limit=search.page_size,
    )
    return await _request_list(services, county, found, to)


@router.get("/requests/{no}.{fmt:ending}")
async def look_at(no: str, to: Written, county: County, services: ServicesDep) -> Response:
    """GET Service Request."""
    found = await services.public.of_numbers(county, [no]) if no.isprintable() else []
    if not found:
        raise ProblemError(404, f"没有编号为 {no[:60]} 的诉求")
    return await _request_list(services, county, found, to)


@router.get("/tokens/{token}.{fmt:ending}")
async def of_token(token: str, to: Written, county: County) -> Response:
    """GET service_request_id from a token: every service gives the number at once, so there are no tokens."""
    raise ProblemError(404, f"没有令牌 {token[:60]}；提交诉求时即给出编号，不发放令牌")


async def _verified_key(services: Services, sent: SubmittedForm) -> KeyCard:
    """The card of the key. Raises ProblemError: 403 as in the standard, 429 if the key was used too often."""
    text = sent.fields.get("api_key", "").strip()
    if not text:
        # Not from the address: proxies store it, and a key in it is no secret any more.
        raise ProblemError(403, "请求内容（表单）中没有给出 api_key；写在网址里的不算")
    card = await services.api_keys.verify(text)
    if card is None:
        raise ProblemError(403, "api_key 无效或已停用")
    if (named := sent.fields.get("jurisdiction_id")) and _jurisdiction(services, named) != card.regime:
        raise ProblemError(403, f"此 api_key 不能用于地区 {named.strip()[:60]}")
    try:
        await services.api_keys.use(card)
    except TooMany as many:
        problem = ProblemError(429, f"此 api_key 每分钟至多 {card.per_minute} 次，请在 {many.seconds} 秒后重试")
        problem.headers = {"Retry-After": str(many.seconds)}
        raise problem from None
    return card


def _search_span(start: datetime | None, end: datetime | None) -> tuple[datetime, datetime]:
    """The span to search; a missing end is 90 days from the other."""
    most = answers.MOST_DAYS
    until = end or (min(start + most, datetime.now(CST)) if start else datetime.now(CST))
    since = start or until - most
    if not timedelta(0) <= until - since <= most:
        raise ProblemError(400, f"end_date 须在 start_date 之后，且相隔不超过 {most.days} 天")
    return since, until


async def _request_list(services: Services, county: str, orders: list[PublicOrder], to: Format) -> Response:
    regime = services.rule_books.regime(county)
    units = {unit.id: unit.name for unit in await services.catalogue.units(regime=county)}
    return render(REQUESTS, [answers.status(regime, order, units) for order in orders], to)
