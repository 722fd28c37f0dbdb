"""Automatic calls through Twilio, or a gateway with its HTTP interface at `TWILIO_BASE_URL`."""

from datetime import datetime
from typing import Any

from adapters.phone_numbers import e164
from adapters.twilio.client import ProviderRefused, ProviderUnavailable, TwilioClient, taken
from domain.citizen.outbound_records import ProviderAnswer

PAGE = 100  # calls
RINGS_FOR = 40  # seconds
NO_DIALOGUE = '<Response><Say language="zh-CN">您好，这里是12345热线，您反映的事项已答复。</Say></Response>'
"""The announcement where no dialogue URL is configured, as in a rehearsal."""


class TwilioVoice:
    """Places and finds calls.

    `dialogue` is the URL from which the provider fetches the dialogue and `status_callback` the one for its reports;
    both get `?call=` with the id of the call. Empty for none.
    """

    def __init__(self, client: TwilioClient, dialogue: str = "", status_callback: str = "") -> None:
        self._client = client
        self._from = client.settings.twilio_from
        self._dialogue = dialogue
        self._status_callback = status_callback

    async def place(self, to: str, call_id: str) -> ProviderAnswer:
        """Call a number. Nothing is retried here: after ProviderUnavailable, `find` shows whether the call was placed.

        A success without an id raises it too.
        """
        says = {"url": f"{self._dialogue}?call={call_id}"} if self._dialogue else {"twiml": NO_DIALOGUE}
        reports = {"status_callback": f"{self._status_callback}?call={call_id}"} if self._status_callback else {}
        try:
            call = await self._client.ask(
                lambda client: client.calls.create(to=e164(to), from_=self._from, timeout=RINGS_FOR, **says, **reports)
            )
        except ProviderRefused as refused:
            return ProviderAnswer(None, str(refused))
        return taken(call.sid)

    async def find(self, to: str, since: datetime) -> list[str]:
        """The ids of calls to this number, created since then, the newest first. May be repeated.

        Raises ProviderUnavailable.
        """

        def search(client: Any) -> list[str]:
            found = []
            for call in client.calls.stream(to=e164(to), from_=self._from, page_size=PAGE):
                if call.date_created < since:
                    break
                found.append(call.sid)
            return found

        try:
            return await self._client.ask(search)
        except ProviderRefused as refused:
            raise ProviderUnavailable(str(refused)) from None
