"""Reads forms that the telephone provider posts; accepts them only with its signature."""

from typing import Annotated, Any, Final
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from adapters.twilio.signature import HEADER, genuine
from api.auth.identity import ServicesDep
from api.problems import ProblemError

MOST_FIELDS: Final = 200


async def signed_form(request: Request, services: ServicesDep) -> dict[str, str]:
    """The posted form. Raises ProblemError(403, bad_signature); nothing of such a form is stored."""
    settings = services.settings
    query = request.scope["query_string"].decode("latin-1")
    url = settings.public_base_url.rstrip("/") + request.url.path + (f"?{query}" if query else "")
    try:
        form = fields_of(await request.body())
    except ValueError:
        raise _bad_signature() from None
    if not genuine(settings.twilio_auth_token, url, form, request.headers.get(HEADER, "")):
        raise _bad_signature()
    return form


def fields_of(body: bytes) -> dict[str, str]:
    """The fields of a form; of several of one name the last. Raises ValueError if malformed or too many."""
    return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS))


SignedForm = Annotated[dict[str, str], Depends(signed_form)]


def openapi_form(*required_field: str, **optional: str) -> dict[str, Any]:
    """The OpenAPI description of a form: names of required fields, and optional ones with their descriptions."""
    properties = {name: {"type": "string"} for name in required_field}
    properties |= {name: {"type": "string", "description": says} for name, says in optional.items()}
    schema = {
        "type": "object",
        "required": list(required_field),
        "properties": properties,
        "additionalProperties": True,
    }
    signature = {"name": HEADER, "in": "header", "required": True, "schema": {"type": "string"}}
    return {
        "parameters": [signature],
        "requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": schema}}},
    }


def required_field(form: dict[str, str], name: str, longest: int = 64) -> str:
    """A required field, printable and of at most `longest` characters. Raises ProblemError(422)."""
    value = form.get(name, "")
    if not 0 < len(value) <= longest or not value.isprintable():
        raise ProblemError(422, f"{name} 缺失或不合要求")
    return value


def _bad_signature() -> ProblemError:
    return ProblemError(403, "签名不正确", "bad_signature")
