"""Translates messages of the city platform to and from this project's words, by the rule book's `city`.

The input may be any JSON value. The result is a plain record whose texts are not validated yet, or Refused is raised.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from domain.policy.city import City, CityDecisions, CityOrders, CityUrges, at
from domain.refusal import Code, Refused
from domain.words import ApprovalKind, Category, Mark

TITLE_LENGTH = 50
"""Characters of the content that serve as title if none was given."""
MOST_MARKS = 20
SHOWN = 40
"""Characters of a code that a refusal quotes."""


class CityOrder(NamedTuple):
    """A demand that the platform sends; `grade` None means the regime's default, `required_by` is unparsed."""

    city_no: str
    title: str
    content: str
    category: Category
    grade: str | None
    marks: tuple[Mark, ...]
    name: str | None
    phone: str | None
    address: str | None
    area: str | None
    matter: str | None
    required_by: str | None


class CityDecision(NamedTuple):
    """The platform's answer to a request; one of `no` and `city_no` is given, and one of `approval` and `kind`."""

    no: str | None
    city_no: str | None
    approval: str | None
    kind: ApprovalKind | None
    decision: str
    until: str | None
    comment: str | None


class CityUrge(NamedTuple):
    """The platform urges an order; one of `no` and `city_no` is given."""

    no: str | None
    city_no: str | None
    comment: str | None


class CityAnswer(NamedTuple):
    """The platform's answer to a post. `city_no`: its number of the order; `wait`: it took nothing, post after it."""

    city_no: str | None = None
    wait: timedelta | None = None


def read_order(city: City, data: Any) -> CityOrder:
    """Parse an order of the platform. Raises Refused: `missing_field`, or `invalid` for an unmapped code."""
    rule, fields = city.orders, city.orders.fields
    _require_known_fields(city, data, rule)
    content = _needed(data, fields.content)
    title = _text(data, fields.title) or content.strip().partition("\n")[0][:TITLE_LENGTH] or content[:TITLE_LENGTH]
    return CityOrder(
        city_no=_needed(data, fields.city_no),
        title=title,
        content=content,
        category=_category(rule, data),
        grade=_grade(rule, data),
        marks=_marks(rule, data),
        name=_text(data, fields.name),
        phone=_text(data, fields.phone),
        address=_text(data, fields.address),
        area=_text(data, fields.area),
        matter=rule.matter.codes.get(_text(data, fields.matter) or "", rule.matter.otherwise),
        required_by=_text(data, fields.required_by),
    )


def read_decision(city: City, data: Any) -> CityDecision:
    """Parse a decision of the platform. Raises Refused as `read_order` does."""
    rule, fields = city.decisions, city.decisions.fields
    _require_known_fields(city, data, rule)
    said = _needed(data, fields.decision)
    if said not in rule.decision:
        raise _unknown(fields.decision, said)
    kind, approval = _text(data, fields.kind), _text(data, fields.approval)
    if kind is None and approval is None:
        raise Refused(Code.MISSING_FIELD, f"缺少必填内容：{' 或 '.join(filter(None, (fields.approval, fields.kind)))}")
    if kind is not None and kind not in rule.kind:
        raise _unknown(fields.kind, kind)
    no, city_no = _addressed(data, fields.no, fields.city_no)
    return CityDecision(
        no=no,
        city_no=city_no,
        approval=approval,
        kind=rule.kind[kind] if kind is not None else None,
        decision=rule.decision[said],
        until=_text(data, fields.until),
        comment=_text(data, fields.comment),
    )


def read_urge(city: City, data: Any) -> CityUrge:
    """Parse an urging of the platform. Raises Refused as `read_order` does."""
    fields = city.urges.fields
    _require_known_fields(city, data, city.urges)
    no, city_no = _addressed(data, fields.no, fields.city_no)
    return CityUrge(no, city_no, _text(data, fields.comment))


def read_changed(city: City, data: Any) -> str | None:
    """The platform's number of the order that it has changed, None if it names none. Raises Refused: `invalid`."""
    return _text(data, city.orders.fields.city_no)


def outgoing_body(city: City, body: Mapping[str, Any]) -> dict[str, Any]:
    """The outgoing body in the platform's words; fields without a mapping and empty fields are left out."""
    rule = city.reports
    words: dict[str, Mapping[Any, str]] = {
        "category": rule.category,
        "what": rule.what,
        "unit": rule.unit,
        "content.resolution": rule.resolution,
    }
    data: dict[str, Any] = {}
    for ours, theirs in rule.fields.items():
        value = at(body, ours)
        if value is None:
            continue
        if ours in words and isinstance(value, str):
            value = words[ours].get(value, value)
        *above, last = theirs.split(".")
        place = data
        for key in above:
            place = place.setdefault(key, {})
        place[last] = value
    return data


def _require_known_fields(city: City, data: Any, rule: CityOrders | CityDecisions | CityUrges) -> None:
    """Refuse data that is no object, and unknown fields if the regime refuses those."""
    if not isinstance(data, dict):
        raise Refused(Code.INVALID, "data 应为“键: 值”的映射")
    if city.unknown_fields == "refused":
        agreed = {path.partition(".")[0] for path in rule.fields.model_dump().values() if path is not None}
        if strange := [key[:SHOWN] for key in data if key not in agreed]:
            raise Refused(Code.INVALID, f"data 含有未约定的字段：{'、'.join(strange[:10])}")


def _text(data: Any, path: str | None) -> str | None:
    """The text at a path, None if it is missing or empty. A number becomes its digits."""
    value = at(data, path) if path is not None else None
    match value:
        case None:
            return None
        case bool() | float() | dict() | list():
            raise Refused(Code.INVALID, f"{path}：应为文字")
        case _:
            return str(value).strip() or None


def _needed(data: Any, path: str) -> str:
    text = _text(data, path)
    if text is None:
        raise Refused(Code.MISSING_FIELD, f"缺少必填内容：{path}")
    return text


def _addressed(data: Any, no: str | None, city_no: str | None) -> tuple[str | None, str | None]:
    found = _text(data, no), _text(data, city_no)
    if found == (None, None):
        raise Refused(Code.MISSING_FIELD, f"缺少必填内容：{' 或 '.join(filter(None, (no, city_no)))}")
    return found


def _category(rule: CityOrders, data: Any) -> Category:
    table, path = rule.category, rule.fields.category
    code = _text(data, path)
    found = table.codes.get(code, table.otherwise) if code is not None else table.otherwise
    if found is None:
        raise _unknown(path, code)
    return found


def _grade(rule: CityOrders, data: Any) -> str | None:
    table, path = rule.grade, rule.fields.grade
    code = _text(data, path)
    if code is None:
        return None
    found = table.codes.get(code, table.otherwise)
    if found is None:
        raise _unknown(path, code)
    return found


def _marks(rule: CityOrders, data: Any) -> tuple[Mark, ...]:
    """The marks of a list of codes, of one code, or of several codes in one text, separated by commas."""
    path, table = rule.fields.marks, rule.mark
    value = at(data, path) if path is not None else None
    if isinstance(value, str):
        value = value.replace("，", ",").split(",")
    elif value is None or type(value) is int:
        value = [] if value is None else [value]
    if not isinstance(value, list) or len(value) > MOST_MARKS or not all(type(each) in (str, int) for each in value):
        raise Refused(Code.INVALID, f"{path}：应为至多 {MOST_MARKS} 项代码的列表")
    codes = [str(each).strip() for each in value]
    found = {table.codes.get(code, table.otherwise) for code in codes if code}
    return tuple(sorted(mark for mark in found if mark is not None))


def _unknown(path: str | None, code: str | None) -> Refused:
    if code is None:
        return Refused(Code.MISSING_FIELD, f"缺少必填内容：{path or 'category'}")
    return Refused(Code.INVALID, f"{path}：没有约定代码“{code[:SHOWN]}”")
