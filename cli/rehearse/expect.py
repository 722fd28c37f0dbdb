"""Compares a timeline with the expectations of a scenario: fields exactly, moments to within a minute."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from cli.rehearse.scenario import Expectation
from domain.calendar.business_calendar import CST

TOLERANCE = timedelta(seconds=60)
Row = dict[str, Any]


def unmet(expectations: Sequence[Expectation], timeline: Sequence[Row]) -> list[str]:
    """The expectations that are not met, each described in Chinese with its number."""
    problems = []
    for number, expectation in enumerate(expectations, start=1):
        fields = dict(expectation.model_extra or {})
        name = expectation.event or expectation.never or ""
        found = [row for row in timeline if row["event"] == name and _agrees(row, fields)]
        asked = " ".join([name, *(f"{key}={value}" for key, value in fields.items())])
        if expectation.event is not None and not found:
            problems.append(f"第 {number} 条未出现：{asked}{_nearest(timeline, name, fields)}")
        if expectation.never is not None and found:
            problems.append(f"第 {number} 条不应出现却出现了：{asked}（{found[0]['at']}）")
    return problems


def _nearest(timeline: Sequence[Row], name: str, fields: Row) -> str:
    """The expected fields as the events of that name have them; best matches first."""
    same = [row for row in timeline if row["event"] == name]
    if not same:
        return "；没有同名事项"
    closest = sorted(same, key=lambda row: -sum(_same(row.get(key), wanted) for key, wanted in fields.items()))[:3]
    said = "；".join(" ".join([row["at"], *(f"{key}={row.get(key)}" for key in fields)]) for row in closest)
    return f"；同名事项 {len(same)} 条，最接近的是：{said}"


def _agrees(row: Row, fields: Row) -> bool:
    return all(_same(row.get(key), wanted) for key, wanted in fields.items())


def _same(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        return isinstance(found, dict) and _agrees(found, wanted)
    if isinstance(wanted, list):
        return (
            isinstance(found, list)
            and len(found) == len(wanted)
            and all(_same(f, w) for f, w in zip(found, wanted, strict=True))
        )
    moments = _moment(found), _moment(wanted)
    if moments[0] is not None and moments[1] is not None:
        return abs(moments[0] - moments[1]) <= TOLERANCE
    return bool(found == wanted) or (wanted is not None and str(found) == str(wanted))


def _moment(value: Any) -> datetime | None:
    if isinstance(value, str) and "T" not in value and " " not in value:
        return None
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=CST)
