"""Answers to the questions of a service (Open311 GeoReport v2, "attribute"), validated against the questions."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

from domain.order.records import Answer
from domain.policy.open311 import LISTS, Attribute, Service
from domain.refusal import Code, Refused

MAX_ANSWER = 4000


def validate_answers(service: Service, given: Mapping[str, Sequence[str]]) -> tuple[Answer, ...]:
    """The answers in the order of the questions; an empty text is no answer.

    Raises Refused: `missing_field` if a required question has no answer, `invalid` for an answer of the wrong type
    or to an unknown question.
    """
    said = {code: tuple(text for text in texts if text) for code, texts in given.items()}
    asked = {code: attribute for code, attribute in service.attributes.items() if attribute.variable}
    if unknown := [code for code, texts in said.items() if texts and code not in asked]:
        raise Refused(Code.INVALID, f"此服务没有这些附加项：{'、'.join(unknown)[:100]}")
    if missing := [each.description for code, each in asked.items() if each.required and not said.get(code)]:
        raise Refused(Code.MISSING_FIELD, f"缺少必填的附加项：{'、'.join(missing)}")
    return tuple(
        Answer(code=code, question=each.description, answers=_checked(code, each, said[code]))
        for code, each in asked.items()
        if said.get(code)
    )


def _checked(code: str, attribute: Attribute, texts: tuple[str, ...]) -> tuple[str, ...]:
    if len(texts) > 1 and attribute.datatype != "multivaluelist":
        raise Refused(Code.INVALID, f"附加项 {code} 只能有一个值")
    if any(len(text) > MAX_ANSWER for text in texts):
        raise Refused(Code.INVALID, f"附加项 {code} 超过 {MAX_ANSWER} 个字")
    if attribute.datatype in LISTS:
        if strange := [text for text in texts if text not in attribute.values]:
            raise Refused(Code.INVALID, f"附加项 {code} 没有选项“{strange[0][:40]}”")
        return tuple(attribute.values[text] for text in dict.fromkeys(texts))
    if not _is(attribute, texts[0]):
        raise Refused(Code.INVALID, f"附加项 {code} 应为{_EXPECTED[attribute.datatype]}")
    return texts


_EXPECTED = {"number": "数字", "datetime": "ISO 8601 日期或时刻", "string": "不换行的文字"}


def _is(attribute: Attribute, text: str) -> bool:
    try:
        match attribute.datatype:
            case "number":
                return math.isfinite(float(text))
            case "datetime":
                datetime.fromisoformat(text)
            case "string":
                return "\n" not in text
    except ValueError:
        return False
    return True
