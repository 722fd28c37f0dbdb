"""The base of every rule of a rule book: its clause, and the orders to which it applies."""

from typing import Annotated

from pydantic import Field

from domain.words import Category, Frozen, Mark

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]


class Match(Frozen):
    """Which orders a rule is for: every key given must hold; within a key any of its values will do."""

    category: tuple[Category, ...] = ()
    grade: tuple[Slug, ...] = ()
    mark: tuple[Mark, ...] = ()
    source: tuple[str, ...] = ()

    def holds(self, category: str, grade: str, marks: frozenset[Mark], source: str) -> bool:
        """Whether an order with these facts matches."""
        return (
            (not self.category or category in self.category)
            and (not self.grade or grade in self.grade)
            and (not self.mark or not marks.isdisjoint(self.mark))
            and (not self.source or source in self.source)
        )


class Rule(Frozen):
    """Anything that rests on a clause; `when` narrows it to some orders."""

    clause: str | None = None
    when: Match = Match()
