"""A telephone company on one machine: Twilio's HTTP API of 2010-04-01, and the telephones as pages.

    python -m sandbox.gateway --port 8025 --data FOLDER --inbound-url http://127.0.0.1:8000/api/v1/webhooks/sms

The account and its token come from TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, as on the hotline's side.
"""

import argparse
import os
import re
import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import uvicorn
from fastapi import Depends, FastAPI, Form, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from fastapi.security import HTTPBasic, HTTPBasicCredentials

from sandbox import phone_page
from sandbox.delivery import Account, Gateway, new_sid
from sandbox.phone_store import Call, Message, PhoneStore
from sandbox.twilio_shapes import API, TwilioError, call_body, message_body

MAX_BODY = 1600  # characters
_NUMBER = re.compile(r"\+?\d{3,15}")


def create_app(account: Account, store: PhoneStore) -> FastAPI:
    """The gateway as a web application."""
    gateway = Gateway(account, store)
    app = FastAPI(title="短信与电话模拟网关", lifespan=gateway.lifespan)

    @app.exception_handler(TwilioError)
    def refuse(_: Request, error: TwilioError) -> JSONResponse:
        return JSONResponse(error.body, error.status)

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    add_api(app, gateway)
    add_pages(app, gateway)
    return app


def add_api(app: FastAPI, gateway: Gateway) -> None:
    """Messages and calls as Twilio's customers see them."""
    account, store = gateway.account, gateway.store
    basic = HTTPBasic(auto_error=False)

    def authorise(sid: str, who: Annotated[HTTPBasicCredentials | None, Depends(basic)]) -> None:
        right = who and who.username == sid == account.sid
        if not (right and who and secrets.compare_digest(who.password.encode(), account.token.encode())):
            raise TwilioError(401, 20003, "Authenticate")

    base, checked = f"/{API}/Accounts/{{sid}}", [Depends(authorise)]

    @app.post(f"{base}/Messages.json", status_code=201, dependencies=checked)
    async def create_message(
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
        now = time.time()
        message = Message(new_sid("SM"), "outbound-api", sender, to, body, callback, now, "queued", now, None)
        store.add(message)
        gateway.deliver(message)
        return message_body(account.sid, message)

    @app.get(f"{base}/Messages.json", dependencies=checked)
    def list_messages(
        request: Request,
        to: Annotated[str | None, Query(alias="To")] = None,
        sender: Annotated[str | None, Query(alias="From")] = None,
        page_size: Annotated[int, Query(alias="PageSize", ge=1, le=1000)] = 50,
        page: Annotated[int, Query(alias="Page", ge=0)] = 0,
    ) -> dict[str, Any]:
        since, before = date_range(request.query_params)
        start = page * page_size
        found = store.messages(
            receiver=to, sender=sender, since=since, before=before, offset=start, limit=page_size + 1
        )
        rows = found[:page_size]

        def uri(number: int) -> str:
            query = dict(request.query_params) | {"PageSize": page_size, "Page": number}
            return f"{request.url.path}?{urlencode(query)}"

        return {
            "messages": [message_body(account.sid, message) for message in rows],
            "page": page,
            "page_size": page_size,
            "start": start,
            "end": start + max(len(rows) - 1, 0),
            "uri": uri(page),
            "first_page_uri": uri(0),
            "previous_page_uri": uri(page - 1) if page else None,
            "next_page_uri": uri(page + 1) if len(found) > page_size else None,
        }

    @app.get(f"{base}/Messages/{{message_sid}}.json", dependencies=checked)
    def fetch_message(message_sid: str) -> dict[str, Any]:
        if not (message := store.message(message_sid)):
            raise TwilioError(404, 20404, f"The requested resource Messages/{message_sid}.json was not found")
        return message_body(account.sid, message)

    @app.post(f"{base}/Calls.json", status_code=201, dependencies=checked)
    def create_call(
        to: Annotated[str, Form(alias="To")] = "",
        sender: Annotated[str, Form(alias="From")] = "",
        url: Annotated[str, Form(alias="Url")] = "",
        twiml: Annotated[str, Form(alias="Twiml")] = "",
        callback: Annotated[str, Form(alias="StatusCallback")] = "",
    ) -> dict[str, Any]:
        check_numbers(to, sender)
        if not (url or twiml):
            raise TwilioError(400, 21205, "Url parameter is required.")
        now = time.time()
        call = Call(new_sid("CA"), sender, to, url, twiml, callback, now, "queued", now)
        store.add(call)
        store.call_status(call.sid, "ringing", now)
        return call_body(account.sid, call)

    @app.get(f"{base}/Calls/{{call_sid}}.json", dependencies=checked)
    def fetch_call(call_sid: str) -> dict[str, Any]:
        if not (call := store.call(call_sid)):
            raise TwilioError(404, 20404, f"The requested resource Calls/{call_sid}.json was not found")
        return call_body(account.sid, call)


def add_pages(app: FastAPI, gateway: Gateway) -> None:
    """The telephones. They have no lock: this program is for one machine."""
    store = gateway.store

    def back(number: str, problem: str) -> RedirectResponse:
        return RedirectResponse(f"/phone/{quote(number)}?{urlencode({'problem': problem})}", 303)

    @app.get("/", include_in_schema=False)
    def home() -> RedirectResponse:
        return RedirectResponse("/phone")

    @app.get("/phone")
    def phones() -> HTMLResponse:
        return HTMLResponse(phone_page.number_list(store.numbers()))

    @app.get("/phone/{number}")
    def phone(number: str, problem: str = "") -> HTMLResponse:
        return HTMLResponse(phone_page.telephone(number, store.conversation(number), store.calls(number), problem))

    @app.post("/phone/{number}/reply")
    async def reply(number: str, body: Annotated[str, Form(max_length=MAX_BODY)]) -> RedirectResponse:
        return back(number, await gateway.receive(number, body))

    @app.post("/phone/{number}/calls/{call_sid}")
    async def press(number: str, call_sid: str, digits: Annotated[str, Form()]) -> RedirectResponse:
        call = store.call(call_sid)
        return back(number, await gateway.press(call, digits) if call else "没有这通电话")


def check_numbers(to: str, sender: str) -> None:
    """Raise what Twilio answers to a missing or malformed number."""
    if not to:
        raise TwilioError(400, 21604, "A 'To' phone number is required.")
    if not _NUMBER.fullmatch(to):
        raise TwilioError(400, 21211, f"Invalid 'To' Phone Number: {to}")
    if not sender:
        raise TwilioError(400, 21603, "A 'From' phone number is required.")
    if not _NUMBER.fullmatch(sender):
        raise TwilioError(400, 21212, f"Invalid 'From' Phone Number: {sender}")


def date_range(query: Mapping[str, str]) -> tuple[float, float]:
    """DateSent (that day of UTC), `DateSent>` (from), `DateSent<` (until), as [since, before)."""
    try:
        moments = {key: datetime.fromisoformat(query[key]) for key in query if key.startswith("DateSent")}
    except ValueError as error:
        raise TwilioError(400, 20001, "Invalid DateSent") from error
    seconds = {key: _utc(moment) for key, moment in moments.items()}
    since, before = seconds.get("DateSent>", 0.0), seconds.get("DateSent<", float("inf"))
    if "DateSent" in seconds:
        since = seconds["DateSent"] // 86400 * 86400
        before = since + 86400
    return since, before


def _utc(moment: datetime) -> float:
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()


def main() -> None:
    """Serve on this machine only."""
    options = argparse.ArgumentParser(description="短信与电话模拟网关")
    options.add_argument("--port", type=int, default=8025)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--inbound-url", default="http://127.0.0.1:8000/api/v1/webhooks/sms")
    options.add_argument("--number", default=os.environ.get("TWILIO_FROM", "+8612345"))
    chosen = options.parse_args()
    chosen.data.mkdir(parents=True, exist_ok=True)
    account = Account(
        os.environ["TWILIO_ACCOUNT_SID"], os.environ["TWILIO_AUTH_TOKEN"], chosen.number, chosen.inbound_url
    )
    app = create_app(account, PhoneStore(chosen.data / "gateway.db"))
    uvicorn.run(app, host="127.0.0.1", port=chosen.port, log_level="warning")


if __name__ == "__main__":
    main()
