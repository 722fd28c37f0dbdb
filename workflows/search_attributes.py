"""Search attributes of an order: the single source of their names and types.

They are not encrypted, so nothing personal may become one. With a PostgreSQL store a namespace has 10 Keyword
attributes and 3 of each other type. All are set at start and then in at most one upsert a step.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from temporalio.common import SearchAttributeKey, SearchAttributePair, SearchAttributeUpdate, TypedSearchAttributes

from domain.order.agenda import next_alarm, promised_moment
from domain.order.order import Order

REGIME = SearchAttributeKey.for_keyword("JiesuRegime")
CATEGORY = SearchAttributeKey.for_keyword("JiesuCategory")
GRADE = SearchAttributeKey.for_keyword("JiesuGrade")
STAGE = SearchAttributeKey.for_keyword("JiesuStage")
LIGHT = SearchAttributeKey.for_keyword("JiesuLight")
POLICY = SearchAttributeKey.for_keyword("JiesuPolicy")
UNITS = SearchAttributeKey.for_keyword_list("JiesuUnits")
MARKS = SearchAttributeKey.for_keyword_list("JiesuMarks")
NEXT_DUE = SearchAttributeKey.for_datetime("JiesuNextDue")
OVERDUE = SearchAttributeKey.for_bool("JiesuOverdue")

DEFINITIONS: dict[str, str] = {
    REGIME.name: "Keyword",
    CATEGORY.name: "Keyword",
    GRADE.name: "Keyword",
    STAGE.name: "Keyword",
    LIGHT.name: "Keyword",
    POLICY.name: "Keyword",
    UNITS.name: "KeywordList",
    MARKS.name: "KeywordList",
    NEXT_DUE.name: "Datetime",
    OVERDUE.name: "Bool",
}
"""Name and type for the server's command line and operator service."""

MOST_BYTES = 2000
"""Of one attribute's value; the server fails every task of an order that sets more than 2,048, for ever."""

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""Means "nothing is due": a value once set is changed, not removed."""


def attributes(order: Order) -> TypedSearchAttributes:
    """All search attributes of an order in its present state."""
    alarm = next_alarm(order)
    return TypedSearchAttributes(
        [
            SearchAttributePair(REGIME, order.regime_id),
            SearchAttributePair(CATEGORY, order.category.value),
            SearchAttributePair(GRADE, order.grade),
            SearchAttributePair(STAGE, order.stage.value),
            SearchAttributePair(LIGHT, order.light.value),
            SearchAttributePair(POLICY, order.policy_hash),
            SearchAttributePair(UNITS, list(_fitting(a.unit for a in order.active))),
            SearchAttributePair(MARKS, sorted(order.marks)),
            SearchAttributePair(NEXT_DUE, promised_moment(order, alarm) if alarm else NEVER),
            SearchAttributePair(OVERDUE, bool(order.overdue_units)),
        ]
    )


def _fitting(units: Iterable[str]) -> Iterator[str]:
    """The first units, as many as fit into the value as JSON."""
    size = 2
    for unit in units:
        size += len(json.dumps(unit)) + 2
        if size > MOST_BYTES:
            return
        yield unit


def changes(before: TypedSearchAttributes, after: TypedSearchAttributes) -> list[SearchAttributeUpdate[Any]]:
    """The upserts that change the one into the other."""
    known = {pair.key.name: pair.value for pair in before}
    return [pair.key.value_set(pair.value) for pair in after if known.get(pair.key.name) != pair.value]
