"""Text messages and calls to one contact, the number they go to, and how many SMS a text takes (3GPP TS 23.038)."""

from datetime import datetime
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"
)
_TWICE = frozenset("^{}\\[~]|€")
"""Characters of the GSM extension table, which take two places."""


class PhoneNumber(NamedTuple):
    """A number in E.164. `no_text` and `no_call`: a code for why no text or no call can go there, empty if it can."""

    e164: str
    no_text: str = ""
    no_call: str = ""


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


class OutboundMessage(BaseModel):
    """A message in clear. `status`: `claimed`, `sent`, `failed`, or what the provider reported later.

    With `provider_sid` the provider has or had it; with `error` it did not arrive.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    order_no: str
    notice: str
    rank: int
    template: str
    to_role: str
    unit: str | None
    party: str | None
    phone_index: str
    to_phone: str
    body: str
    status: str
    provider_sid: str | None
    attempts: int
    error: str | None
    segments: int
    attempted_at: datetime | None
    settled_at: datetime | None
    created_at: datetime
    updated_at: datetime


class NewCall(NamedTuple):
    """An automatic call to the citizen `party` (by order number) of one round, the `attempt`th of its rung."""

    key: str
    order_no: str
    round: int
    party: str
    attempt: int
    to_phone: str


class OutboundCall(BaseModel):
    """A call in clear. `id` is random and part of its URLs; the ratings are those that the citizen gave so far."""

    model_config = ConfigDict(frozen=True)

    key: str
    id: str
    order_no: str
    round: int
    party: str
    attempt: int
    to_phone: str
    status: str
    provider_sid: str | None
    attempts: int
    error: str | None
    handling_rating: int | None
    intake_rating: int | None
    created_at: datetime
    updated_at: datetime


class ProviderAnswer(NamedTuple):
    """The provider's answer: the id of the message or call, or the code with which it was refused for good.

    `opted_out`: the owner of the number has told the provider that they want no texts.
    """

    sid: str | None
    refused: str | None = None


def segments(body: str) -> int:
    """The number of SMS segments of a text: 160 or 153 characters of the GSM alphabet, else 70 or 67 units of UCS-2."""
    if _GSM.issuperset(body):
        length, whole, part = len(body) + sum(character in _TWICE for character in body), 160, 153
    else:
        length, whole, part = len(body.encode("utf-16-le", "surrogatepass")) // 2, 70, 67
    return 1 if length <= whole else -(-length // part)
