"""Input of the public interface: forms and queries, parsed strictly and validated like every body."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal, NamedTuple, TypeVar
from urllib.parse import parse_qsl

from fastapi import Request
from pydantic import BeforeValidator, Field, model_validator

from api.problems import ProblemError
from application.input_types import InputModel, Latitude, Longitude, Mail, Phone, validated
from application.orders.commands import calendar_of
from application.services import Services
from domain.calendar.business_calendar import CST

MAX_FIELDS: Final = 300
MAX_NUMBERS: Final = 1000
FORM: Final = "application/x-www-form-urlencoded"

_ATTRIBUTE: Final = re.compile(r"attribute\[([^\[\]]{1,60})\](?:\[\])?")
_LOST_PLUS: Final = re.compile(r" (?=\d\d:\d\d$)")
"""An unencoded `+08:00` at the end of an address arrives as ` 08:00`."""


class SubmittedForm(NamedTuple):
    """A parsed form: plain fields, and the values of a service's attributes by their code."""

    fields: dict[str, str]
    attributes: dict[str, list[str]]


class ServiceRequest(InputModel):
    """POST requests: what the standard lets a citizen send."""

    service_code: str | None = Field(default=None, max_length=100)
    lat: Latitude | None = None
    long: Longitude | None = None
    address_string: str | None = Field(default=None, max_length=300)
    address_id: str | None = Field(default=None, max_length=100)
    email: Mail | None = None
    device_id: str | None = Field(default=None, max_length=200)
    account_id: str | None = Field(default=None, max_length=200)
    first_name: str | None = Field(default=None, max_length=50)
    last_name: str | None = Field(default=None, max_length=50)
    phone: Phone | None = None
    description: str | None = Field(default=None, max_length=4000)
    media_url: str | None = Field(default=None, max_length=2000, pattern=r"^https?://[^\s<>\"]+$")

    @model_validator(mode="after")
    def _somewhere(self) -> "ServiceRequest":
        if (self.lat is None) != (self.long is None):
            raise ValueError("lat 和 long 须同时给出")
        if self.lat is None and self.address_string is None and self.address_id is None:
            raise ValueError("须给出地点：lat 和 long，或 address_string，或 address_id")
        return self

    @property
    def name(self) -> str | None:
        """The citizen's name, the family's first where it is not written in Latin letters."""
        names = (self.last_name, self.first_name)
        latin = all(name is None or name.isascii() for name in names)
        said = [name.strip() for name in (reversed(names) if latin else names) if name and name.strip()]
        return (" " if latin else "").join(said) or None


def _moment(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        moment = datetime.fromisoformat(_LOST_PLUS.sub("+", value))
    except ValueError:
        raise ValueError("应为 W3C 格式的时刻，如 2026-10-01T08:30:00+08:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=CST)


def _split(value: Any) -> Any:
    return [part for each in value.split(",") if (part := each.strip())] if isinstance(value, str) else value


Moment = Annotated[datetime, BeforeValidator(_moment)]
Listed = Annotated[tuple[str, ...], BeforeValidator(_split), Field(max_length=MAX_NUMBERS)]


class Search(InputModel):
    """GET requests: which are asked for. `page` and `page_size` are what many servers add to the standard."""

    service_request_id: Listed = ()
    service_code: Listed = ()
    start_date: Moment | None = None
    end_date: Moment | None = None
    status: Annotated[tuple[Literal["open", "closed"], ...], BeforeValidator(_split)] = ()
    page: int = Field(default=1, ge=1, le=100_000)
    page_size: int = Field(default=MAX_NUMBERS, ge=1, le=MAX_NUMBERS)


W = TypeVar("W", bound=InputModel)


def validated_fields(services: Services, model: type[W], fields: Mapping[str, str]) -> W:
    """A client's fields as a model; empty and unknown fields are ignored. Raises Refused, as `validated` does."""
    known = {name: value for name, value in fields.items() if name in model.model_fields and value.strip()}
    return validated(model, known, calendar_of(services))


def read_query(request: Request) -> dict[str, str]:
    """The fields of the address. Raises ProblemError for a field with two values."""
    return _unique(request.query_params.multi_items())


async def read_form(request: Request) -> SubmittedForm:
    """The fields of the body. Raises ProblemError: for another kind of body, broken encoding, too many fields."""
    kind = request.headers.get("Content-Type", FORM).partition(";")[0].strip().lower()
    if kind != FORM:
        raise ProblemError(415, f"请求内容的类型应为 {FORM}")
    try:
        text = (await request.body()).decode("utf-8")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except UnicodeDecodeError:
        raise ProblemError(400, "请求内容不是 UTF-8 编码") from None
    except ValueError:
        raise ProblemError(400, f"请求内容无法解析，或超过 {MAX_FIELDS} 个字段") from None
    plain: list[tuple[str, str]] = []
    attributes: dict[str, list[str]] = {}
    for name, value in pairs:
        if (code := _ATTRIBUTE.fullmatch(name)) is not None:
            attributes.setdefault(code[1], []).append(value)
        else:
            plain.append((name, value))
    return SubmittedForm(_unique(plain), attributes)


def _unique(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in pairs:
        if found.setdefault(name, value) != value:
            raise ProblemError(400, f"字段 {name[:40]} 出现了两次")
    return found
