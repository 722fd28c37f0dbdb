"""Refusals: the only way in which the core rejects a command."""

import re
from enum import StrEnum
from typing import Final

_IDENTIFIER: Final = re.compile(r"(?!.*[0-9]{7})[A-Za-z][A-Za-z0-9_.:-]{0,59}|[0-9]{8}-[0-9]{1,12}", re.ASCII)
UNQUOTED: Final = "〈略〉"


class Code(StrEnum):
    """The code of a refusal, returned by the API and by updates of the workflow."""

    NOT_ALLOWED = "not_allowed"
    WRONG_STAGE = "wrong_stage"
    TOO_LATE = "too_late"
    TOO_EARLY = "too_early"
    NOT_PERMITTED = "not_permitted"
    LIMIT_REACHED = "limit_reached"
    EXCEEDS_MAXIMUM = "exceeds_maximum"
    MISSING_FIELD = "missing_field"
    MISSING_SIGNATURE = "missing_signature"
    MISSING_SECTION = "missing_section"
    MISSING_ATTACHMENT = "missing_attachment"
    VAGUE_REPLY = "vague_reply"
    DUPLICATE_REPLY = "duplicate_reply"
    RETURN_BARRED = "return_barred"
    ALREADY_DONE = "already_done"
    UNKNOWN_UNIT = "unknown_unit"
    UNKNOWN_ORDER = "unknown_order"
    INVALID = "invalid"


class Refused(Exception):  # noqa: N818 - the word of the decider pattern and of the contract
    """A command was refused and changes nothing.

    `reason` is a Chinese sentence for the sender; `clause` names the rule behind it, if there is one. The reason is
    stored on the trail in clear and for ever, so it quotes free text only through `quoted` (NA-06).
    """

    def __init__(self, code: Code, reason: str, clause: str | None = None) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason
        self.clause = clause


def quoted(name: str) -> str:
    """A name from the input, in the form that a refusal may repeat: an identifier or an order number unchanged.

    Anything else in the place of a name may be free text, a person or a telephone number, and is left out.
    """
    return name if _IDENTIFIER.fullmatch(name) else UNQUOTED
