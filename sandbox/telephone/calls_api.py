"""The API for calls: create, fetch, list, end."""

import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query

from sandbox.telephone.account import Account, authorised, new_sid
from sandbox.telephone.listing import PlaceDep
from sandbox.telephone.phone_store import Call, PhoneStore
from sandbox.telephone.request_checks import check_method, check_numbers, check_url
from sandbox.telephone.switchboard import EVENTS, Switchboard
from sandbox.telephone.twilio_formats import API, TwilioError, call_body, not_found


def calls_api(account: Account, store: PhoneStore, switchboard: Switchboard) -> APIRouter:
    """The routes under `/2010-04-01/Accounts/{sid}/Calls`."""
    router = APIRouter(prefix=f"/{API}/Accounts/{{sid}}", dependencies=[Depends(authorised(account))])

    @router.post("/Calls.json", status_code=201)
    async def create(
        to: Annotated[str, Form(alias="To")] = "",
        sender: Annotated[str, Form(alias="From")] = "",
        url: Annotated[str, Form(alias="Url")] = "",
        method: Annotated[str, Form(alias="Method")] = "POST",
        twiml: Annotated[str, Form(alias="Twiml", max_length=4000)] = "",
        callback: Annotated[str, Form(alias="StatusCallback")] = "",
        callback_method: Annotated[str, Form(alias="StatusCallbackMethod")] = "POST",
        callback_events: Annotated[list[str] | None, Form(alias="StatusCallbackEvent")] = None,
        rings_for: Annotated[int, Form(alias="Timeout", ge=1, le=600)] = 60,
    ) -> dict[str, Any]:
        check_numbers(to, sender)
        if not (url or twiml):
            raise TwilioError(400, 21205, "Url parameter is required.")
        check_url("Url", url, 21205)
        check_url("StatusCallback", callback, 21609)
        check_method("Method", method)
        check_method("StatusCallbackMethod", callback_method)
        # The REST API takes a repeated parameter, TwiML one with spaces; requests contain both forms.
        events = " ".join(callback_events or ["completed"])
        if not set(events.split()) <= set(EVENTS):
            raise TwilioError(400, 21626, f"Invalid StatusCallbackEvent: {events}")
        now, sid = time.time(), new_sid("CA")
        call = Call(
            *(sid, sender, to, url, method, twiml, callback, callback_method, events, float(rings_for)),
            created=now,
            status="queued",
            updated=now,
        )
        switchboard.start(call)
        return call_body(account.sid, call)

    @router.get("/Calls.json")
    def find(
        place: PlaceDep,
        to: Annotated[str | None, Query(alias="To")] = None,
        sender: Annotated[str | None, Query(alias="From")] = None,
        status: Annotated[str | None, Query(alias="Status")] = None,
    ) -> dict[str, Any]:
        found = store.calls(receiver=to, sender=sender, status=status, after_sid=place.after, limit=place.size + 1)
        return place.body("calls", [call_body(account.sid, call) for call in found])

    @router.get("/Calls/{call_sid}.json")
    def fetch(call_sid: str) -> dict[str, Any]:
        if not (call := store.call(call_sid)):
            raise not_found(f"Calls/{call_sid}.json")
        return call_body(account.sid, call)

    @router.post("/Calls/{call_sid}.json")
    async def end(call_sid: str, status: Annotated[str, Form(alias="Status")] = "") -> dict[str, Any]:
        """End a call, the only supported update; `canceled` does not affect an answered call."""
        if not store.call(call_sid):
            raise not_found(f"Calls/{call_sid}.json")
        if status not in {"completed", "canceled"}:
            raise TwilioError(400, 21218, f"Invalid Status: {status}")
        if not await switchboard.end(call_sid, even_if_answered=status == "completed"):
            raise TwilioError(400, 21220, "Invalid call state: the call has ended")
        return fetch(call_sid)

    return router
