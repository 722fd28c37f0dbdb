"""Counts a unit's overdue orders (HJ-18)."""

from temporalio import activity

from activities.failures import not_recorded_yet
from activities.ports import TalliesPort
from domain.order.effects import TallyEffect
from domain.order.records import OverdueCount


class Tally:
    """Counts orders of one realm and regime."""

    def __init__(self, tallies: TalliesPort) -> None:
        self._tallies = tallies

    @activity.defn(name="tally")
    async def tally(self, effect: TallyEffect) -> OverdueCount:
        """Count the unit's overdue orders as of the moment at which this one became overdue.

        Timeout: 10 s an attempt. Retries: 20 tries within an hour, also while this order's own overdue is
        not recorded. Idempotency: it only reads.
        """
        counted = await self._tallies.overdue(effect.order_no, effect.unit)
        if counted is None:
            raise not_recorded_yet(effect.order_no, "handling_overdue")
        return counted
