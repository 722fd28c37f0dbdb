"""Text messages through Twilio, or a gateway with its HTTP interface at `TWILIO_BASE_URL`."""

from datetime import datetime
from typing import Any, NamedTuple

from adapters.phone_numbers import e164
from adapters.twilio.client import ProviderRefused, ProviderUnavailable, TwilioClient, error_code, taken
from domain.citizen.outbound_records import ProviderAnswer

PAGE = 100  # messages


class Report(NamedTuple):
    """The provider's status of a message, and a code if it did not arrive."""

    status: str
    error: str | None


class TwilioSms:
    """Sends, finds and looks up messages.

    `status_callback` is the URL for the provider's delivery reports, empty for none.
    """

    def __init__(self, client: TwilioClient, status_callback: str = "") -> None:
        self._client = client
        self._from = client.settings.twilio_from
        self._optional = {"status_callback": status_callback} if status_callback else {}

    async def send(self, to: str, body: str) -> ProviderAnswer:
        """Send a message.

        Nothing is retried here and the provider has no idempotency key: after ProviderUnavailable, also raised for a
        success without an id, `find` shows whether the message was sent. A 429 was not processed. A permanent rejection
        is returned as a code: `opted_out` if the number's owner has opted out at the provider.
        """
        try:
            message = await self._client.ask(
                lambda client: client.messages.create(to=e164(to), from_=self._from, body=body, **self._optional)
            )
        except ProviderRefused as refused:
            return ProviderAnswer(None, str(refused))
        return taken(message.sid)

    async def find(self, to: str, body: str, since: datetime) -> list[str]:
        """The ids of messages to this number with this text, created since then, the newest first.

        May be repeated. Raises ProviderUnavailable.
        """

        def search(client: Any) -> list[str]:
            found = []
            # Not filtered by DateSent, which a message that is still queued does not have.
            for message in client.messages.stream(to=e164(to), from_=self._from, page_size=PAGE):
                if message.date_created < since:
                    break
                if message.body == body:
                    found.append(message.sid)
            return found

        try:
            return await self._client.ask(search)
        except ProviderRefused as refused:
            raise ProviderUnavailable(str(refused)) from None

    async def look_up(self, sid: str) -> Report | None:
        """The status of a message; None if the provider has no record or no status of it. May be repeated.

        Raises ProviderUnavailable.
        """
        try:
            message = await self._client.ask(lambda client: client.messages(sid).fetch())
        except ProviderRefused:
            return None
        if not isinstance(message.status, str) or not message.status:
            return None
        return Report(message.status, error_code(message.error_code))
