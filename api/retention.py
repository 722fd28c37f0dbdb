"""The daily erasure of what is past its retention (NA-06)."""

import logging
from datetime import datetime, timedelta

from adapters.database.erasure import Erasure
from adapters.eraser import Eraser
from api.services import Services
from domain.calendar import CST

log = logging.getLogger(__name__)

PERSON = "retention"


async def erase_due(services: Services) -> int:
    """Erase all that is due, and return how many; may be repeated and run in several processes."""
    erasure, regimes, now = Erasure(services.database), services.policies.regimes, datetime.now(CST)
    # A message of the city without an order has no rule of its own. It is kept as long as any order may be: for ever,
    # if a county has no retention.
    if regimes and all(regime.retention for regime in regimes.values()):
        longest = max(rule.years for regime in regimes.values() for rule in regime.retention)
        if strays := await erasure.erase_strays(now - timedelta(days=366 * longest)):
            log.warning("%d messages of the city without an order erased at the end of the longest retention", strays)
    eraser = Eraser(erasure, services.objects, regimes)
    return await eraser.erase_due(PERSON, now)
