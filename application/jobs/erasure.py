"""The daily erasure of what is past its retention (NA-06)."""

from datetime import datetime

from adapters.database.erasure.erasure import Erasure
from application.orders.erasure import Eraser
from application.services import Services
from domain.calendar.business_calendar import CST

PERSON = "retention"


async def erase_due(services: Services) -> int:
    """Erase all that is due, and return how many; may be repeated and run in several processes."""
    eraser = Eraser(Erasure(services.database), services.objects, services.rule_books.regimes)
    return await eraser.erase_due(PERSON, datetime.now(CST))
