"""Seeds units and rule books at start-up."""

from adapters.database.audit.acts import ActFilter
from application.services import Services
from domain.access.acts import INSTALLATION, Act, Deed
from domain.order.records import StoredRuleBook
from domain.units import StoredUnit
from domain.words import Role


async def seed(services: Services) -> None:
    """Store every unit and rule book of every regime; a unit that exists stays as it is. May be repeated.

    A rule book without orders is stored too: a signal may move an order to it.
    """
    for name, regime in services.rule_books.regimes.items():
        snapshot = StoredRuleBook(services.rule_books.hashes[name], name, regime.model_dump(mode="json"))
        await services.rule_book_history.put(snapshot)
        await _note(services, name)
    cards = [
        StoredUnit(
            id=unit.id,
            regime=name,
            name=unit.name,
            area=unit.area,
            duties=unit.duties,
            emergency_level=str(unit.emergency_level),
        )
        for name, regime in services.rule_books.regimes.items()
        for unit in regime.units
    ]
    await services.catalogue.ensure("", cards)


async def _note(services: Services, regime: str) -> None:
    """Record that a rule book came into force; several processes at once may record it several times."""
    now = services.rule_books.hashes[regime]
    before = (await services.acts.find(ActFilter(deed=Deed.POLICIES_LOADED, regime=regime), limit=1)).items
    if not before or before[0].act.about != now:
        loaded = Act(deed=Deed.POLICIES_LOADED, person=INSTALLATION, role=Role.SYSTEM, regime=regime, about=now)
        await services.acts.note(loaded)
