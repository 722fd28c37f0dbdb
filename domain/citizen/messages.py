"""Messages and calls to one contact: their keys, and the number of SMS segments (3GPP TS 23.038)."""

from typing import NamedTuple

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"
)
_TWICE = frozenset("^{}\\[~]|€")
"""Characters of the GSM extension table, which take two places."""


class NewMessage(NamedTuple):
    """A message to the `rank`th contact of a notice, counted from 1; `party` is a citizen's order number."""

    order_no: str
    notice: str
    rank: int
    template: str
    to_role: str
    unit: str | None
    party: str | None
    to_phone: str
    body: str

    @property
    def key(self) -> str:
        """The unique key; the first contact's is the key of the notice."""
        return self.notice_key if self.rank == 1 else f"{self.notice_key}#{self.rank}"

    @property
    def notice_key(self) -> str:
        """The unique key of the notice."""
        return f"{self.order_no}:{self.notice}"


class NewCall(NamedTuple):
    """An automatic call to the citizen `party` (by order number) of one round, the `attempt`th of its rung."""

    key: str
    order_no: str
    round: int
    party: str
    attempt: int
    to_phone: str


def segments(body: str) -> int:
    """The number of SMS segments of a text: 160 or 153 characters of the GSM alphabet, else 70 or 67 units of UCS-2."""
    if _GSM.issuperset(body):
        length, whole, part = len(body) + sum(character in _TWICE for character in body), 160, 153
    else:
        length, whole, part = len(body.encode("utf-16-le", "surrogatepass")) // 2, 70, 67
    return 1 if length <= whole else -(-length // part)
