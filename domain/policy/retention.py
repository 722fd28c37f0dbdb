"""The rules of retention: the years after which personal data of an archived order is erased (NA-06)."""

from pydantic import Field

from domain.policy.rule import Match, Rule


class Retention(Rule):
    """So many years from archiving on; of several rules the first whose `when` holds."""

    years: int = Field(ge=1, le=100)


def years(rules: tuple[Retention, ...], category: str, grade: str, marks: frozenset[str], source: str) -> int | None:
    """The years for which an order with these facts is kept; None, for ever, if no rule matches."""
    for rule in rules:
        if _holds(rule.when, category, grade, marks, source):
            return rule.years
    return None


def _holds(match: Match, category: str, grade: str, marks: frozenset[str], source: str) -> bool:
    known = frozenset(mark for mark in match.mark if mark.value in marks)
    return match.holds(category, grade, known, source)
