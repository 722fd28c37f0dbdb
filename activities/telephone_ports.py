"""What activities need to reach people by telephone, as shapes; `worker` fills them with adapters."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from domain.citizen.messages import NewCall, NewMessage


class MessageRow(Protocol):
    """A text message; with `provider_sid` the provider has or had it, with `error` it did not arrive."""

    @property
    def key(self) -> str: ...
    @property
    def to_phone(self) -> str: ...
    @property
    def body(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def provider_sid(self) -> str | None: ...
    @property
    def attempts(self) -> int: ...
    @property
    def error(self) -> str | None: ...
    @property
    def created_at(self) -> datetime: ...


class MessagesPort(Protocol):
    """Text messages by key."""

    async def claim(self, new: NewMessage, /) -> MessageRow: ...
    async def attempting(
        self, key: str, /, *, at_most: int | None = None, within: timedelta | None = None
    ) -> timedelta: ...
    async def sent(self, key: str, provider_sid: str, /) -> None: ...
    async def failed(self, key: str, error: str, /) -> None: ...
    async def of_order(self, order_no: str, /) -> Sequence[MessageRow]: ...


class NumberRow(Protocol):
    """A telephone number, and a code for why no text or no call can go there; empty if it can."""

    @property
    def e164(self) -> str: ...
    @property
    def no_text(self) -> str: ...
    @property
    def no_call(self) -> str: ...


class SendingRow(Protocol):
    """The provider's answer: the message's id, or the code with which it was refused for good.

    `opted_out`: who has the number told the provider that they want no texts.
    """

    @property
    def sid(self) -> str | None: ...
    @property
    def refused(self) -> str | None: ...


class SmsPort(Protocol):
    """The provider of text messages. Both raise when it cannot be known what became of the request."""

    async def send(self, to: str, body: str, /) -> SendingRow: ...
    async def find(self, to: str, body: str, since: datetime, /) -> Sequence[str]: ...


class OptOutsPort(Protocol):
    """Numbers that want no more texts."""

    async def add(self, phone: str, /) -> None: ...
    async def holds(self, phone: str, /) -> bool: ...


class CallRow(Protocol):
    """An automatic call; `id` stands in its URLs, with `provider_sid` the provider has or had it."""

    @property
    def key(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def to_phone(self) -> str: ...
    @property
    def provider_sid(self) -> str | None: ...
    @property
    def attempts(self) -> int: ...
    @property
    def error(self) -> str | None: ...
    @property
    def created_at(self) -> datetime: ...


class CallsPort(Protocol):
    """Automatic calls by the key of the effect that asked for them."""

    async def claim(self, new: NewCall, /) -> CallRow: ...
    async def attempting(self, key: str, /) -> None: ...
    async def placed(self, key: str, provider_sid: str, /) -> None: ...
    async def failed(self, key: str, error: str, /) -> None: ...
    async def known(self, provider_sids: Sequence[str], /) -> Collection[str]: ...


class VoicePort(Protocol):
    """The provider of calls. Both raise when it cannot be known what became of the request."""

    async def place(self, to: str, call_id: str, /) -> SendingRow: ...
    async def find(self, to: str, since: datetime, /) -> Sequence[str]: ...


class CallbacksPort(Protocol):
    """Calls that are owed to citizens."""

    async def open(
        self,
        order_no: str,
        round_: int,
        party: str,
        /,
        *,
        realm: str,
        regime: str,
        attempt: int,
        due_at: datetime | None,
    ) -> None: ...


class CallTasksPort(Protocol):
    """People to telephone because no text reached them."""

    async def open(
        self,
        key: str,
        order_no: str,
        /,
        *,
        realm: str,
        regime: str,
        template: str,
        to_role: str,
        unit: str | None,
        party: str | None,
    ) -> None: ...
