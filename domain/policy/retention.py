"""How long an archived order is kept before what it says of people is erased (NA-06)."""

from pydantic import Field

from domain.policy.rule import Match, Rule


class Retention(Rule):
    """So many years from archiving on; of several rules the first whose `when` holds."""

    years: int = Field(ge=1, le=100)


def years(rules: tuple[Retention, ...], category: str, grade: str, marks: frozenset[str], source: str) -> int | None:
    """How long an order of these facts is kept; None for ever, where no rule fits."""
    for rule in rules:
        if _holds(rule.when, category, grade, marks, source):
            return rule.years
    return None


def _holds(match: Match, category: str, grade: str, marks: frozenset[str], source: str) -> bool:
    known = frozenset(mark for mark in match.mark if mark.value in marks)
    return match.holds(category, grade, known, source)
