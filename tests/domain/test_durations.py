from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from domain.calendar.durations import MAX_AMOUNT, Duration


class Rule(BaseModel):
    limit: Duration


@given(amount=st.integers(1, MAX_AMOUNT), unit=st.sampled_from(["m", "h", "wh", "d", "wd"]))
def test_the_short_form_goes_in_and_out(amount: int, unit: str) -> None:
    text = f"{amount}{unit}"
    rule = Rule.model_validate({"limit": text})
    assert (rule.limit.amount, rule.limit.unit, str(rule.limit)) == (amount, unit, text)
    assert rule.model_dump(mode="json") == {"limit": text}
    assert Rule.model_validate_json(rule.model_dump_json()) == rule
    assert Duration.parse(text) == rule.limit


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0d", "必须大于 0"),
        ("000wd", "必须大于 0"),
        ("100000h", "过大"),
        ("9" * 5000 + "m", "过大"),
        *((junk, "无法识别") for junk in ["", "5", "wd", "-1d", "1.5h", "5 wd", "5WD", "5w", "٣d", "1d\n", "1h30m"]),
    ],
)
def test_anything_else_is_refused_in_chinese(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Duration.parse(text)
    with pytest.raises(ValidationError, match=said):
        Rule.model_validate({"limit": text})


@pytest.mark.parametrize("value", [3, None, 1.5, ["3h"], {"amount": 0, "unit": "h"}, {"amount": 3, "unit": "y"}])
def test_other_types_are_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        Rule.model_validate({"limit": value})


def test_elapsed_length() -> None:
    assert Duration.parse("90m").elapsed == timedelta(minutes=90)
    assert Duration.parse("20h").elapsed == timedelta(hours=20)
    assert Duration.parse("1d").elapsed == timedelta(hours=24)
    assert [Duration.parse(f"1{unit}").is_elapsed for unit in ("m", "h", "wh", "d", "wd")] == [
        True,
        True,
        False,
        False,
        False,
    ]
    with pytest.raises(ValueError, match="不能换算"):
        _ = Duration.parse("2wh").elapsed


def test_an_editor_sees_a_string() -> None:
    assert Duration.model_json_schema()["type"] == "string"
    assert Duration.parse("5wd").chinese == "5个工作日"
