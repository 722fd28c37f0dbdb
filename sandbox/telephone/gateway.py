"""The simulated provider: Twilio's HTTP API of 2010-04-01, telephones as web pages, and fault injection.

    python -m sandbox.telephone.gateway --port 8025 --data FOLDER --inbound-url http://127.0.0.1:8000/api/v1/webhooks/sms

The account and its token come from TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, as on the hotline's side.
"""

import argparse
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from sandbox.telephone.account import Account
from sandbox.telephone.calls_api import calls_api
from sandbox.telephone.control import control, invalid
from sandbox.telephone.delivery import Delivery
from sandbox.telephone.fault_middleware import FaultMiddleware, ResettableProtocol
from sandbox.telephone.faults import FaultBook
from sandbox.telephone.messages_api import messages_api
from sandbox.telephone.phone_routes import pages
from sandbox.telephone.phone_store import PhoneStore
from sandbox.telephone.switchboard import Switchboard
from sandbox.telephone.twilio_formats import API, TwilioError
from sandbox.telephone.webhooks import Webhooks

GRACE = 2  # seconds for open requests at shutdown; some never end by themselves


def create_app(account: Account, store: PhoneStore, rate: float) -> FastAPI:
    """The gateway as a web application; `rate` is the characters per second spoken in a call."""
    book = FaultBook()
    webhooks = Webhooks(account, book)
    delivery = Delivery(account, store, book, webhooks)
    switchboard = Switchboard(account, store, book, webhooks, rate)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        delivery.resume()
        switchboard.resume()
        yield
        for part in (switchboard, delivery, webhooks):
            await part.stop()

    app = FastAPI(title="短信与电话模拟网关", lifespan=lifespan)
    app.add_middleware(FaultMiddleware, book=book)
    app.include_router(messages_api(account, store, delivery))
    app.include_router(calls_api(account, store, switchboard))
    app.include_router(control(store, book, switchboard))
    app.include_router(pages(store, book, delivery, switchboard))

    @app.exception_handler(TwilioError)
    def refuse(_: Request, error: TwilioError) -> JSONResponse:
        return JSONResponse(error.body, error.status)

    @app.exception_handler(RequestValidationError)
    def misshapen(request: Request, errors: RequestValidationError) -> JSONResponse:
        if not request.url.path.startswith(f"/{API}/"):
            return invalid(errors)
        error = TwilioError(400, 20001, f"Invalid {errors.errors()[0]['loc'][-1]}")
        return JSONResponse(error.body, error.status)

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    return app


def main() -> None:
    """Serve on the loopback interface only."""
    options = argparse.ArgumentParser(description="短信与电话模拟网关")
    options.add_argument("--port", type=int, default=8025)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--inbound-url", default="http://127.0.0.1:8000/api/v1/webhooks/sms")
    options.add_argument("--number", default=os.environ.get("TWILIO_FROM", "+8612345"))
    options.add_argument("--speech-rate", type=float, default=4.0, help="通话中每秒说几个字")
    chosen = options.parse_args()
    if not chosen.speech_rate > 0:
        options.error("--speech-rate 应大于 0")
    chosen.data.mkdir(parents=True, exist_ok=True)
    account = Account(
        os.environ["TWILIO_ACCOUNT_SID"], os.environ["TWILIO_AUTH_TOKEN"], chosen.number, chosen.inbound_url
    )
    app = create_app(account, PhoneStore(chosen.data / "gateway.db"), chosen.speech_rate)
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=chosen.port,
        log_level="warning",
        http=ResettableProtocol,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE,
    )


if __name__ == "__main__":
    main()
