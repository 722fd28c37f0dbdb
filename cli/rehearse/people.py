"""Creates the units and people that a scenario names, with telephones in the sandbox."""

from application.services import Services
from domain.units import StoredContact, StoredUnit
from domain.words import UNIT_ROLES, Role

CENTRE_ROLES = (
    Role.DISPATCHER,
    Role.REVIEWER,
    Role.CALLBACK_STAFF,
    Role.SUPERVISOR,
    Role.HOTLINE_DIRECTOR,
    Role.COUNTY_LEADER,
    Role.INSPECTION,
)


async def create_people(services: Services, policy: str, units: set[str], realm: str) -> None:
    """Add the units of the regime and `units`, with their people, to a realm. An unknown policy adds none."""
    regime = services.rule_books.regimes.get(policy)
    known = {unit.id: unit for unit in regime.units} if regime else {}
    cards = []
    for unit_id in sorted(known.keys() | units):
        unit = known.get(unit_id)
        cards.append(
            StoredUnit(
                id=unit_id,
                realm=realm,
                regime=policy,
                name=unit.name if unit else unit_id,
                area=unit.area if unit else None,
                duties=unit.duties if unit else (),
                emergency_level=str(unit.emergency_level) if unit else None,
            )
        )
    roles = [(card.id, role) for card in cards for role in sorted(UNIT_ROLES)]
    contacts = [
        StoredContact(
            unit=unit,
            realm=realm,
            regime=policy,
            role=role,
            name=f"演练{number}",
            phone=f"139{number:08d}",
        )
        for number, (unit, role) in enumerate([*roles, *((None, role) for role in CENTRE_ROLES)], start=1)
    ]
    await services.catalogue.ensure(realm, cards, contacts)
