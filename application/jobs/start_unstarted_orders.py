"""Starts orders that were stored but whose workflow was never started (docs/architecture.md#what-is-stored-where)."""

import logging
from datetime import timedelta

from temporalio.service import RPCError

from application.orders.intake import start
from application.services import Services
from domain.refusal import Refused

log = logging.getLogger(__name__)

GRACE = timedelta(seconds=30)
"""Younger orders are still being started by their intake."""


async def start_unstarted_orders(services: Services, older_than: timedelta = GRACE) -> int:
    """Start them, and return how many. May be repeated, and may run in several processes.

    One that cannot be started does not stop the others. Orders of a rehearsal are left alone.
    """
    mended = 0
    for order in await services.orders.unstarted(older_than):
        if order.realm:
            continue
        try:
            await start(services, order)
        except (RPCError, Refused, LookupError):
            log.exception("workflow of %s could not be started", order.no)
        else:
            mended += 1
    return mended
