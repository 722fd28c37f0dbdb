"""The daily anchor of all that is chained."""

from adapters.anchoring import Anchoring
from adapters.archive_signature import Signatures
from api.services import Services


async def anchor(services: Services) -> int:
    """Make the anchors that are due, and return how many; may be repeated and run in several processes."""
    signatures = Signatures(services.settings.archive_key)
    return await Anchoring(services.database, services.objects, signatures).make_due()
