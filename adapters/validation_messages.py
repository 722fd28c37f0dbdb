"""Chinese messages for pydantic validation errors: the expected and the actual value."""

import json
from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import ErrorDetails

MISSING: Final = "缺少必填的键"

_EXPECTED: Final[Mapping[str, str]] = {
    "string_type": "文字（数字与 true/false 请加引号）",
    "string_pattern_mismatch": "符合格式 {pattern} 的文字",
    "string_too_short": "至少 {min_length} 个字的文字",
    "string_too_long": "至多 {max_length} 个字的文字",
    "int_type": "整数",
    "int_parsing": "整数",
    "int_from_float": "整数",
    "float_type": "数字",
    "float_parsing": "数字",
    "bool_type": "true 或 false",
    "bool_parsing": "true 或 false",
    "greater_than": "大于 {gt} 的值",
    "greater_than_equal": "不小于 {ge} 的值",
    "less_than": "小于 {lt} 的值",
    "less_than_equal": "不大于 {le} 的值",
    "enum": "下列之一：{expected}",
    "literal_error": "下列之一：{expected}",
    "union_tag_invalid": "{discriminator} 为下列之一：{expected_tags}",
    "union_tag_not_found": "写明 {discriminator} 的映射",
    "dict_type": "“键: 值”的映射",
    "mapping_type": "“键: 值”的映射",
    "model_type": "“键: 值”的映射",
    "model_attributes_type": "“键: 值”的映射",
    "list_type": "列表",
    "tuple_type": "列表",
    "set_type": "列表",
    "frozen_set_type": "列表",
    "iterable_type": "列表",
    "too_short": "至少 {min_length} 项",
    "too_long": "至多 {max_length} 项",
    "date_type": "日期，如 2026-10-01",
    "date_parsing": "日期，如 2026-10-01",
    "date_from_datetime_parsing": "日期，如 2026-10-01",
    "date_from_datetime_inexact": "日期，如 2026-10-01",
    "time_type": "时刻，如 08:30",
    "time_parsing": "时刻，如 08:30",
    "datetime_type": "带时区的时刻，如 2026-10-01T08:30:00+08:00",
    "datetime_parsing": "带时区的时刻，如 2026-10-01T08:30:00+08:00",
    "datetime_from_date_parsing": "带时区的时刻，如 2026-10-01T08:30:00+08:00",
    "timezone_aware": "带时区的时刻，如 2026-10-01T08:30:00+08:00",
    "none_required": "空值",
}


def wording(error: ErrorDetails, *, quoting: bool = True) -> str:
    """The message for one error, `quoting` the value; the text of a validator's own ValueError is used as it is."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "missing":
        return MISSING
    if kind == "extra_forbidden":
        return "未知的键"
    if kind in {"value_error", "assertion_error"}:
        return str(context.get("error", error["msg"]))
    expected = _EXPECTED.get(kind)
    if expected is None:
        said = f"值不合要求（{error['msg']}）"
    else:
        said = f"应为{expected.format_map(context | _lists(context))}"
    return f"{said}，现为 {_found(error['input'])}" if quoting else said


def _lists(context: Mapping[str, Any]) -> dict[str, str]:
    """Lists in a message, punctuated for Chinese: `'a', 'b' or 'c'` becomes a、b、c."""
    lists = {key: str(context[key]) for key in ("expected", "expected_tags") if key in context}
    return {key: text.replace("' or '", "、").replace("', '", "、").strip("'") for key, text in lists.items()}


def _found(value: Any) -> str:
    if value is None:
        return "空值"
    if isinstance(value, dict):
        return "映射"
    if isinstance(value, list | tuple):
        return f"{len(value)} 项的列表"
    shown = json.dumps(value, ensure_ascii=False, default=str)
    return shown if len(shown) <= 60 else shown[:59] + "…"
