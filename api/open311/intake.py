"""Opens an order for a request of the public, as an agent of the hotline would."""

from adapters.database.accounts.api_keys import KeyCard
from api.open311.forms import ServiceRequest, SubmittedForm, validated_fields
from api.problems import ProblemError
from application.input_types import clean
from application.orders.actor import Actor
from application.orders.intake import OrderRequest, PublicDemand, open_order
from application.services import Services
from domain.citizen.service_answers import validate_answers
from domain.order.unit_proposal import area_of
from domain.policy.open311 import Service
from domain.refusal import Code, Refused
from domain.words import Role

TITLE = 40
PERSON = "open311"


def person_of(card: KeyCard) -> str:
    """The person on the trail for orders under this key."""
    return f"{PERSON}:{card.prefix}"


def service_of(services: Services, regime: str, code: str) -> Service:
    """A service of a county. Raises ProblemError(404)."""
    service = services.rule_books.regime(regime).open311.services.get(code)
    if service is None:
        raise ProblemError(404, f"没有编码为 {code[:60]} 的服务（service_code）")
    return service


async def take_in(services: Services, card: KeyCard, sent: SubmittedForm, *, intake_key: str | None) -> tuple[str, str]:
    """Open the order and return its number and service; repeated under one `intake_key` it is one order.

    Raises ProblemError for an unknown or missing service, Refused for invalid fields, and as `open_order` does.
    """
    code = sent.fields.get("service_code", "").strip()
    if not code:
        raise ProblemError(400, "没有给出 service_code")
    service = service_of(services, card.regime, code)
    request = validated_fields(services, ServiceRequest, sent.fields)
    try:
        attributes = clean(sent.attributes)
    except ValueError as bad:
        raise Refused(Code.INVALID, f"attribute：{bad}") from None
    answers = validate_answers(service, attributes)
    area = area_of(await services.catalogue.units(regime=card.regime), request.address_string or "")
    public = PublicDemand(
        service_code=code,
        listed=service.listed,
        answers=answers,
        address_id=request.address_id,
        media_url=request.media_url,
        account=request.account_id,
        device=request.device_id,
    )
    by = Actor(Role.AGENT, person_of(card))
    demand = _demand(card, service, request, area)
    no = await open_order(services, demand, by=by, intake_key=intake_key, public=public)
    return no, code


def _demand(card: KeyCard, service: Service, request: ServiceRequest, area: str | None) -> OrderRequest:
    """The demand as an agent of the county would file it."""
    return OrderRequest.model_validate(
        {
            "regime": card.regime,
            "category": service.category,
            "grade": service.grade,
            "source": card.source,
            "title": _title(service, request.description),
            "content": request.description or service.name,
            "citizen": {"name": request.name, "phone": request.phone, "email": request.email},
            "area": area,
            "matter": service.matter,
            "location": request.address_string,
            "lat": request.lat,
            "long": request.long,
        }
    )


def _title(service: Service, description: str | None) -> str:
    """The service, and how the description begins."""
    first = (description or "").strip().partition("\n")[0]
    return f"{service.name}：{first[:TITLE]}{'…' if len(first) > TITLE else ''}" if first else service.name
