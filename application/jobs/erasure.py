"""Erases orders at the end of their retention (NA-06)."""

from datetime import datetime

from adapters.database.erasure.erasure import Erasure
from application.orders.erasure import Eraser
from application.services import Services
from domain.calendar.business_calendar import CST

PERSON = "retention"


async def erase_due_orders(services: Services) -> int:
    """Erase all orders that are due, and return how many. May be repeated, and may run in several processes."""
    eraser = Eraser(Erasure(services.database), services.objects, services.rule_books.regimes)
    return await eraser.erase_due(PERSON, datetime.now(CST))
