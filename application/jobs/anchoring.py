"""Makes the daily anchors of the audit chains."""

from adapters.archive.signature import Signatures
from application.audit.anchoring import Anchoring
from application.services import Services


async def make_due_anchors(services: Services) -> int:
    """Make the anchors that are due, and return how many. May be repeated, and may run in several processes."""
    signatures = Signatures(services.settings.archive_key)
    return await Anchoring(services.database, services.objects, signatures).make_due()
