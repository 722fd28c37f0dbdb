"""Types of input from outside: texts that the database can store, names, and moments as people write them."""

import re
import unicodedata
from datetime import date, datetime
from typing import Annotated, Any, Final, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from adapters.validation_messages import wording
from domain.calendar.business_calendar import CST, BusinessCalendar
from domain.order.commands import Moment
from domain.refusal import Code, Refused, quoted

MAX_TEXT: Final = 20_000
MAX_DEPTH: Final = 20
MAX_FAULTS: Final = 10
MAX_PAGE: Final = 200
MAX_PLACE: Final = 100
NO_MOMENT: Final = "应为日期或时刻，如 2026-10-01 或 2026-10-01T08:30:00+08:00"

_ALLOWED: Final = frozenset("\n\t")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def clean(value: Any, depth: int = 0) -> Any:
    """A JSON value with uniform line ends. Raises ValueError for characters that no text of an order may contain."""
    if depth > MAX_DEPTH:
        raise ValueError(f"内容嵌套超过 {MAX_DEPTH} 层")
    match value:
        case str():
            return _clean_text(value)
        case dict():
            return {clean(key, depth + 1): clean(below, depth + 1) for key, below in value.items()}
        case list() | tuple():
            return [clean(below, depth + 1) for below in value]
        case _:
            return value


def _clean_text(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for character in text:
        # Cc are control characters, Cs halves of a surrogate pair, which UTF-8 cannot encode.
        if unicodedata.category(character) in {"Cc", "Cs"} and character not in _ALLOWED:
            raise ValueError(f"含有不允许的控制字符 U+{ord(character):04X}")
    return text


def _digits(value: Any) -> Any:
    return str(value) if type(value) is int else value


def _moment(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value) if _DATE.fullmatch(value) else datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(NO_MOMENT) from None
    match value:
        case datetime():
            return value if value.tzinfo else value.replace(tzinfo=CST)
        case date():
            calendar: BusinessCalendar | None = (info.context or {}).get("calendar")
            if calendar is None:
                raise ValueError("须写明时刻，如 2026-10-01T17:30:00+08:00")
            return calendar.closing(value)
        case None:
            return None
        case _:
            raise ValueError(NO_MOMENT)


LongText = Annotated[str, StringConstraints(max_length=MAX_TEXT)]
"""A text that somebody wrote."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
"""An id of something."""

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
Source = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_]{0,40}$")]
"""The channel of a demand; that of an emergency line is its number, `110` (GT-03, RG-03)."""

Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
"""Degrees, WGS 84."""

Mail = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^@\s]+@[^@\s]+$")]
Phone = Annotated[str, StringConstraints(pattern=r"^[+0-9][0-9 ()-]{2,29}$")]
"""A telephone number as people write it."""

Digits = BeforeValidator(_digits)
"""Accepts a number for the text of its digits: `110` for `"110"`."""

DateOrMoment = Annotated[
    Moment,
    BeforeValidator(_moment),
    WithJsonSchema(
        {
            "type": "string",
            "anyOf": [{"format": "date"}, {"format": "date-time"}],
            "description": "日期（指当日下班时刻）或时刻；不带时区时为北京时间",
        }
    ),
]
"""A moment, or a day meaning its close of business; without an offset in +08:00.

Validated in a context with `calendar`, the `BusinessCalendar` with the closing times.
"""


_MOMENT: Final = TypeAdapter[datetime | None](DateOrMoment | None)


def as_moment(value: Any, calendar: BusinessCalendar) -> datetime | None:
    """A moment as people write it. Raises Refused(invalid)."""
    try:
        return _MOMENT.validate_python(value, context={"calendar": calendar})
    except ValidationError as invalid:
        raise Refused(Code.INVALID, wording(invalid.errors(include_url=False)[0], quoting=False)) from None


class InputModel(BaseModel):
    """A body from outside: closed to unknown fields, without control characters, not nested without end."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _clean(cls, data: Any) -> Any:
        return clean(data)


W = TypeVar("W", bound=InputModel)


def validated(model: type[W], body: Any, calendar: BusinessCalendar) -> W:
    """The body as a model. Raises Refused: `missing_field` naming the absent fields, `invalid` for all else."""
    try:
        return model.model_validate(body, context={"calendar": calendar})
    except ValidationError as invalid:
        raise refusal_of(invalid) from None


def refusal_of(invalid: ValidationError) -> Refused:
    """The errors of a model as a refusal: `missing_field` if fields are absent and nothing else is wrong.

    It names each place and what is expected there, and never quotes the value: that may be a citizen's words, in the
    wrong field or too long.
    """
    errors = invalid.errors(include_url=False)
    absent = [_known(error["loc"]) for error in errors if error["type"] == "missing"]
    if len(absent) == len(errors):
        return Refused(Code.MISSING_FIELD, f"缺少必填内容：{'、'.join(absent)}")
    found = [error for error in errors if error["type"] != "missing"][:MAX_FAULTS]
    faults = (f"{_known(error['loc'])}：{wording(error, quoting=False)}" for error in found)
    return Refused(Code.INVALID, "；".join(faults))


def _known(path: tuple[int | str, ...]) -> str:
    """The place, with unknown keys quoted safely."""
    return place(tuple(quoted(part) if isinstance(part, str) else part for part in path))


def place(path: tuple[int | str, ...]) -> str:
    """A place in a body, like `units.0.part`; 请求内容 for the whole."""
    return ".".join(map(str, path))[:MAX_PLACE] or "请求内容"
