"""Role assignments that exist: a role in a unit of a county, or in the centre."""

from collections.abc import Collection
from typing import Final

from adapters.database.units import UnitDirectory
from domain.words import UNIT_ROLES, Role

PEOPLE: Final = tuple(role for role in Role if role not in {Role.CITIZEN, Role.CLOCK, Role.SYSTEM})
"""The roles that a user can have."""


async def assignment_fault(
    catalogue: UnitDirectory, regimes: Collection[str], *, role: str, unit: str | None, regime: str | None
) -> str | None:
    """The reason why a role assignment is invalid, in Chinese; None if it is valid."""
    if role not in PEOPLE:
        return f"没有这个岗位，可选：{'、'.join(PEOPLE)}"
    if regime is not None and regime not in regimes:
        return f"没有这个地区，可选：{'、'.join(regimes)}"
    if role not in UNIT_ROLES:
        return None if unit is None else "热线中心的岗位不属于承办单位"
    if unit is None or regime is None:
        return "承办单位的岗位须写明单位和地区"
    if unit not in {card.id for card in await catalogue.units(regime=regime)}:
        return "该地区没有这个单位"
    return None
