"""The API for messages: create, fetch, list."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request

from sandbox.telephone.account import Account, authorised
from sandbox.telephone.delivery import MAX_BODY, Delivery
from sandbox.telephone.listing import PlaceDep, date_range
from sandbox.telephone.phone_store import PhoneStore
from sandbox.telephone.request_checks import check_numbers, check_url
from sandbox.telephone.twilio_formats import API, TwilioError, message_body, not_found


def messages_api(account: Account, store: PhoneStore, delivery: Delivery) -> APIRouter:
    """The routes under `/2010-04-01/Accounts/{sid}/Messages`."""
    router = APIRouter(prefix=f"/{API}/Accounts/{{sid}}", dependencies=[Depends(authorised(account))])

    @router.post("/Messages.json", status_code=201)
    async def create(
        to: Annotated[str, Form(alias="To")] = "",
        sender: Annotated[str, Form(alias="From")] = "",
        body: Annotated[str, Form(alias="Body")] = "",
        callback: Annotated[str, Form(alias="StatusCallback")] = "",
    ) -> dict[str, Any]:
        check_numbers(to, sender)
        if not body:
            raise TwilioError(400, 21602, "Message body is required.")
        if len(body) > MAX_BODY:
            raise TwilioError(400, 21617, f"The message body exceeds the {MAX_BODY} character limit.")
        check_url("StatusCallback", callback, 21609)
        return message_body(account.sid, delivery.send(sender, to, body, callback))

    @router.get("/Messages.json")
    def find(
        request: Request,
        place: PlaceDep,
        to: Annotated[str | None, Query(alias="To")] = None,
        sender: Annotated[str | None, Query(alias="From")] = None,
    ) -> dict[str, Any]:
        since, before = date_range(request.query_params)
        found = store.messages(
            receiver=to, sender=sender, since=since, before=before, after_sid=place.after, limit=place.size + 1
        )
        return place.body("messages", [message_body(account.sid, message) for message in found])

    @router.get("/Messages/{message_sid}.json")
    def fetch(message_sid: str) -> dict[str, Any]:
        if not (message := store.message(message_sid)):
            raise not_found(f"Messages/{message_sid}.json")
        return message_body(account.sid, message)

    return router
