"""The dispatch catalogue as the rule books list it."""

from adapters.database.catalogue import UnitCard
from api.services import Services


async def stock(services: Services) -> None:
    """Have every unit of every regime; one that is there keeps what its county made of it. May be repeated."""
    cards = [
        UnitCard(
            id=unit.id,
            regime=name,
            name=unit.name,
            area=unit.area,
            duties=unit.duties,
            emergency_level=str(unit.emergency_level),
        )
        for name, regime in services.policies.regimes.items()
        for unit in regime.units
    ]
    await services.catalogue.ensure("", cards)
