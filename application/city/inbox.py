"""Messages of the city platform, by whichever way they come: kept, then carried out, once.

The webhook and the outbox bring the same messages; what one has brought the other finds done. A message that cannot
be carried out yet waits, and `application.city.polling` tries it again.
"""

import json
import logging
from datetime import datetime, timedelta
from typing import Any, Final

from adapters.database.city.messages import REFUSED, TAKEN, WAITING, CityMessageRow
from adapters.transient_errors import TRANSIENT_ERRORS
from application.city.message_handlers import HANDLERS, CityMessageNeeds, NotYetPossible, handle_message
from domain.calendar.business_calendar import CST
from domain.refusal import Refused

log = logging.getLogger(__name__)

WAIT_FOR: Final = timedelta(hours=24)
"""How long a message waits for its order, for what it decides on, or for a fault of ours to be mended.

Then it is refused, and shown to the hotline. What only waits for an outage to end waits as long as that.
"""

LONGEST_GARBAGE: Final = 100_000
UNKNOWN: Final = "unknown"
UNAVAILABLE: Final = "unavailable"
INTERNAL: Final = "internal"


async def receive(services: CityMessageNeeds, message: str, content: bytes | Any, via: str) -> CityMessageRow:
    """Keep a message and carry it out if it is new or still waits; what became of it.

    `content` is the body as it came, or the value that stood in the outbox. Raises MessageReused, and what the
    database raises: then nothing was kept.
    """
    body, value = canonical(content)
    type_ = value.get("type") if isinstance(value, dict) else None
    known = type_ if isinstance(type_, str) and type_ in HANDLERS else UNKNOWN
    kept, new = await services.city_messages.keep(message, known, body, via)
    if new:
        return await _carry_out(services, kept)
    return await try_again(services, kept) if kept.state == WAITING else kept


async def try_again(services: CityMessageNeeds, kept: CityMessageRow, *, refused_too: bool = False) -> CityMessageRow:
    """Carry out a message that waits (or was refused), unless another process is at it."""
    begun = await services.city_messages.begin(kept.id, refused_too=refused_too)
    return kept if begun is None else await _carry_out(services, begun)


async def try_all_again(services: CityMessageNeeds) -> None:
    """Every message that waits, until something turns out not to answer: the others would only wait for it too."""
    for id_ in await services.city_messages.waiting():
        begun = await services.city_messages.begin(id_)
        if begun is not None and (await _carry_out(services, begun)).code == UNAVAILABLE:
            return


async def _carry_out(services: CityMessageNeeds, begun: CityMessageRow) -> CityMessageRow:
    finish = services.city_messages.finish
    try:
        await handle_message(services, begun)
    except NotYetPossible as waits:
        return await finish(begun.id, _or_too_late(begun), code=waits.code.value, reason=waits.reason)
    except Refused as refused:
        log.warning("message %s of the city platform refused: %s", begun.id, refused.code)
        return await finish(begun.id, REFUSED, code=refused.code.value, reason=refused.reason, clause=refused.clause)
    except TRANSIENT_ERRORS as outage:
        log.warning("message %s of the city platform put off: %s", begun.id, type(outage).__name__)
        return await finish(begun.id, WAITING, code=UNAVAILABLE, reason="依赖的服务暂时没有响应")
    except Exception:
        # Kept and tried again: what the platform sent is not lost by a fault of ours, which a day may mend.
        log.exception("message %s of the city platform put off", begun.id)
        return await finish(begun.id, _or_too_late(begun), code=INTERNAL, reason="服务器内部错误，已记录")
    return await finish(begun.id, TAKEN)


def _or_too_late(begun: CityMessageRow) -> str:
    """What becomes of a message that cannot be carried out now; whoever watches may have it tried once more."""
    return REFUSED if datetime.now(CST) - begun.received_at > WAIT_FOR else WAITING


def canonical(content: bytes | Any) -> tuple[str, Any]:
    """The text that is kept, the same for the same JSON value, and the value; None for what is no JSON."""
    try:
        value = json.loads(content) if isinstance(content, bytes) else content
        return json.dumps(value, sort_keys=True, separators=(",", ":")), value
    except (ValueError, RecursionError):
        return (content.decode("utf-8", "replace") if isinstance(content, bytes) else "")[:LONGEST_GARBAGE], None
