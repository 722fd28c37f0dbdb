"""The five rule books and the official calendar, read once for every test of the core."""

from datetime import datetime
from pathlib import Path
from typing import Any

from adapters.policy.policy_file import load
from domain.calendar.business_calendar import CalendarDays
from domain.order.decider import initial
from domain.order.order import Order
from domain.policy.rule_book import PolicyFile, Regime
from domain.words import Category, Mark
from tests.domain.times import OFFICIAL

FILE = Path(__file__).parents[2] / "policies.yaml"
REGIMES: dict[str, Regime] = load(FILE, PolicyFile).regimes
HASHES = {name: regime.digest() for name, regime in REGIMES.items()}


def new_order(
    regime: str | Regime,
    *,
    category: str = "complaint",
    marks: tuple[str, ...] = (),
    calendar: CalendarDays = OFFICIAL,
    required_by: datetime | None = None,
    **facts: Any,
) -> Order:
    """An order before its first event, of a regime of `policies.yaml` by its id or of a regime at hand."""
    name, book = (regime, REGIMES[regime]) if isinstance(regime, str) else ("at_hand", regime)
    return initial(
        "T-1",
        name,
        book,
        calendar,
        category=Category(category),
        marks=frozenset(map(Mark, marks)),
        required_by=required_by,
        policy_hash=HASHES.get(name, "0" * 16),
        **facts,
    )
