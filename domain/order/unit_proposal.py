"""Unit proposal: the steps of a regime's ladder, tried in turn (GT-05, HJ-04, RG-17, HK-02)."""

from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile
from typing import Final, Literal, Protocol

from domain.words import Frozen, Part

Step = Literal["area", "duty", "nearest_duty", "consultation", "leader"]


class Office(Protocol):
    """The data of a unit that the ladder needs."""

    @property
    def id(self) -> str: ...
    @property
    def area(self) -> str | None: ...
    @property
    def duties(self) -> tuple[str, ...]: ...


class Proposal(Frozen):
    """A unit, its part, and the step that found it. Without `unit` a county leader has to name one."""

    unit: str | None
    part: Part
    step: Step


def _same_area(units: Sequence[Office], area: str | None, _: str | None) -> list[Office]:
    return [unit for unit in units if area is not None and unit.area == area]


def _same_duty(units: Sequence[Office], _: str | None, matter: str | None) -> list[Office]:
    return [unit for unit in units if matter in unit.duties]


def _nearest_duty(units: Sequence[Office], _: str | None, matter: str | None) -> list[Office]:
    """The units whose duty shares the most leading words with the matter (`street_lights`, `street_order`)."""
    near = {unit.id: max((_shared(duty, matter) for duty in unit.duties), default=0) for unit in units}
    most = max(near.values(), default=0)
    return [unit for unit in units if most and near[unit.id] == most]


def _shared(duty: str, matter: str | None) -> int:
    pairs = zip(duty.split("_"), (matter or "").split("_"), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


_SEARCHES: Final[dict[str, Callable[[Sequence[Office], str | None, str | None], list[Office]]]] = {
    "area": _same_area,
    "duty": _same_duty,
    "nearest_duty": _nearest_duty,
}


def propose(steps: Iterable[Step], units: Sequence[Office], *, area: str | None, matter: str | None) -> list[Proposal]:
    """The units for an order in an `area` about a `matter`: the result of the first step that finds any.

    Of several the first leads and the others assist, by joint consultation if the ladder has that step. If no step
    finds one, a county leader assigns if the ladder has that step; else the list is empty.
    """
    ladder = tuple(steps)
    for step in ladder:
        found = _SEARCHES[step](units, area, matter) if step in _SEARCHES else []
        if found:
            together: Step = "consultation" if len(found) > 1 and "consultation" in ladder else step
            return [
                Proposal(unit=unit.id, part=Part.ASSIST if index else Part.LEAD, step=together)
                for index, unit in enumerate(found)
            ]
    return [Proposal(unit=None, part=Part.LEAD, step="leader")] if "leader" in ladder else []


def area_of(units: Iterable[Office], place: str) -> str | None:
    """The area of a unit that an address names, None if there is none.

    Of several the one named first, as Chinese addresses begin with the most general part; then the longest.
    """
    named = {unit.area for unit in units if unit.area and unit.area in place}
    return min(named, key=lambda area: (place.index(area), -len(area)), default=None)
