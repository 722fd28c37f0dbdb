"""Answers about units and rule books."""

from typing import Any

from api.schemas.base import Shape


class UnitOut(Shape):
    """An office of the dispatch catalogue."""

    id: str
    regime: str
    name: str
    area: str | None
    duties: tuple[str, ...]
    emergency_level: str | None


class PolicyOut(Shape):
    """A rule book in force."""

    id: str
    name: str
    title: str
    hash: str
    grades: dict[str, str]


class PolicyRules(PolicyOut):
    """A rule book with every rule, as `policies.yaml` spells them out after inheritance."""

    rules: dict[str, Any]
