"""Unit proposal (GT-05, HK-02)."""

import pytest

from domain.order.unit_proposal import Step, propose
from domain.policy.rule_book import Unit
from domain.words import Part

UNITS = (
    Unit(id="town", name="镇", area="南华镇"),
    Unit(id="housing", name="住建", duties=("housing", "heating")),
    Unit(id="order", name="城管", duties=("street_order", "street_stalls_night")),
    Unit(id="market", name="市场", duties=("market", "food")),
    Unit(id="health", name="卫健", duties=("food",)),
)
ALL: tuple[Step, ...] = ("area", "duty", "nearest_duty", "consultation", "leader")


@pytest.mark.parametrize(
    ("steps", "area", "matter", "found"),
    [
        (ALL, "南华镇", "heating", [("town", "lead", "area")]),
        (("duty", "area"), "南华镇", "heating", [("housing", "lead", "duty")]),
        (ALL, "别处", "heating", [("housing", "lead", "duty")]),
        (ALL, None, "street_lights", [("order", "lead", "nearest_duty")]),
        (ALL, None, "streetcar", [(None, "lead", "leader")]),
        (ALL, None, "food", [("market", "lead", "consultation"), ("health", "assist", "consultation")]),
        (("area", "duty"), None, "food", [("market", "lead", "duty"), ("health", "assist", "duty")]),
        (ALL, None, None, [(None, "lead", "leader")]),
        (("area", "duty"), None, "nothing", []),
        ((), "南华镇", "heating", []),
    ],
)
def test_the_first_fruitful_step_proposes(
    steps: tuple[Step, ...], area: str | None, matter: str | None, found: list[tuple[str | None, str, str]]
) -> None:
    proposed = propose(steps, UNITS, area=area, matter=matter)
    assert [(each.unit, each.part.value, each.step) for each in proposed] == found


def test_the_longest_shared_beginning_is_nearest() -> None:
    rival = Unit(id="lamps", name="照明", duties=("street_stalls_lamps",))
    proposed = propose(("nearest_duty",), (rival, *UNITS), area=None, matter="street_stalls_night_food")
    assert [(each.unit, each.part) for each in proposed] == [("order", Part.LEAD)]


def test_without_units_nobody_is_proposed() -> None:
    assert propose(("area", "duty", "nearest_duty"), (), area="南华镇", matter="heating") == []
