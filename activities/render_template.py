"""Renders the text of a notice from its template."""

from datetime import datetime, timedelta

from domain.calendar.business_calendar import CST
from domain.labels import label


class BadTemplate(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The rule book has no such template, or one with a placeholder that is not allowed."""


def render(template: str, *, no: str, unit_name: str | None, category: str, due_at: datetime | None) -> str:
    """Fill in the order's number, unit, category and due moment; a text message may contain nothing else.

    Raises BadTemplate for any other placeholder.
    """
    values = {
        "no": no,
        "unit_name": unit_name or "承办单位",
        "category": label(category),
        "due_at": "规定时限" if due_at is None else moment(due_at),
    }
    try:
        return template.format_map(values)
    except (LookupError, ValueError, AttributeError) as error:
        raise BadTemplate(str(error)) from None


def moment(at: datetime) -> str:
    """`2026年11月26日17:30`; midnight is `24:00` of the day before, because limits in days end so."""
    local = at.astimezone(CST)
    if (local.hour, local.minute) == (0, 0):
        return f"{local - timedelta(days=1):%Y年%m月%d日}24:00"
    return f"{local:%Y年%m月%d日%H:%M}"
