"""Durations as written in a rule book: `30m` `3h` elapsed, `2wh` working hours, `3d` days, `5wd` working days."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, Literal, Self

from pydantic import Field, GetJsonSchemaHandler, model_serializer, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from domain.words import Frozen

Unit = Literal["m", "h", "wh", "d", "wd"]

MAX_AMOUNT: Final = 99_999
_FORM: Final = re.compile(r"([0-9]+)(m|h|wh|d|wd)", re.ASCII)
_ELAPSED: Final[Mapping[str, timedelta]] = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_CHINESE: Final[Mapping[str, str]] = {
    "m": "分钟",
    "h": "小时",
    "wh": "个工作小时",
    "d": "日",
    "wd": "个工作日",
}


class Duration(Frozen):
    """An amount of one unit. Written, parsed and stored in the short form, `"5wd"`."""

    amount: int = Field(gt=0, le=MAX_AMOUNT)
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse the short form.

        Raises ValueError with a Chinese message if `text` is anything else.
        """
        return cls(**_parts(text))

    @model_validator(mode="before")
    @classmethod
    def _from_short_form(cls, value: Any) -> Any:
        return value if isinstance(value, Mapping | cls) else _parts(value)

    @model_serializer
    def _short_form(self) -> str:
        return f"{self.amount}{self.unit}"

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "pattern": "^[1-9][0-9]{0,4}(m|h|wh|d|wd)$", "examples": ["3h", "5wd"]}

    def __str__(self) -> str:
        return self._short_form()

    @property
    def chinese(self) -> str:
        """The Chinese form for display: `5个工作日`."""
        return f"{self.amount}{_CHINESE[self.unit]}"

    @property
    def is_elapsed(self) -> bool:
        """Whether every second counts, day and night (`m`, `h`)."""
        return self.unit in {"m", "h"}

    @property
    def elapsed(self) -> timedelta:
        """The length in elapsed time; a `d` is 24 h, as in "limit minus 1d" (docs/policy-guide.md).

        Raises ValueError for `wh` and `wd`, whose length depends on the calendar.
        """
        try:
            return _ELAPSED[self.unit] * self.amount
        except KeyError:
            raise ValueError(f"时长“{self}”以工作时间计，不能换算为固定时长") from None


def _parts(text: object) -> dict[str, Any]:
    match = _FORM.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(
            f"时长“{str(text)[:40]}”无法识别，应为正整数加单位，如 5wd（m 分钟、h 小时、wh 工作小时、d 日、wd 工作日）"
        )
    digits, unit = match[1].lstrip("0"), match[2]
    if not digits:
        raise ValueError(f"时长“{text}”必须大于 0")
    if len(digits) > 5 or int(digits) > MAX_AMOUNT:
        raise ValueError(f"时长“{match[0][:40]}”过大，最多 {MAX_AMOUNT}{unit}")
    return {"amount": int(digits), "unit": unit}
