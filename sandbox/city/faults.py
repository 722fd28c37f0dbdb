"""Fault injection for the simulated city platform."""

import asyncio
from typing import Literal

from fastapi import FastAPI, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.middleware.base import RequestResponseEndpoint

UNTOUCHED = ("/city/v1/received", "/city/v1/orders")


class Faults(BaseModel):
    """The faults to inject; with the defaults there are none.

    `answers`: the response to requests of the county. `error` is a 500 before the request took effect, `lost` one
    after, `busy` a 429 with `Retry-After: seconds`, `refuse` a 422 to requests that contain `about`, `slow` a delay of
    `seconds`, `timeout` a delay beyond the client's timeout.
    `times`: the number of requests, null for all; `of`: all requests, those that post, or those that read the outbox.
    `webhooks`: whether and how messages are pushed.
    """

    model_config = ConfigDict(extra="forbid")

    answers: Literal["well", "error", "lost", "busy", "refuse", "slow", "timeout", "garbage"] = "well"
    about: str = Field(default="", max_length=200)
    times: int | None = Field(default=None, ge=0)
    of: Literal["all", "posts", "outbox"] = "all"
    seconds: float = Field(default=1.0, ge=0, le=3600)
    webhooks: Literal["on", "off", "duplicate", "reordered"] = "on"


class FaultInjection:
    """The current faults."""

    def __init__(self) -> None:
        self.faults = Faults()

    def install(self, app: FastAPI) -> None:
        """Add the faults to the interface for the counties, and the routes that set them."""

        @app.get("/sandbox/faults")
        def show() -> Faults:
            return self.faults

        @app.put("/sandbox/faults")
        def put(faults: Faults) -> Faults:
            self.faults = faults
            return faults

        @app.middleware("http")
        async def misbehave(request: Request, call_next: RequestResponseEndpoint) -> Response:
            path = request.url.path
            if not path.startswith("/city/v1/") or path in UNTOUCHED:
                return await call_next(request)
            kind = "posts" if request.method == "POST" else "outbox"
            if self.faults.of not in ("all", kind):
                return await call_next(request)
            return await self._answer(self._next(), request, call_next)

    def _next(self) -> Faults:
        """The faults for the next request."""
        now = self.faults
        if now.times is None or now.answers == "well":
            return now
        if now.times == 0:
            return now.model_copy(update={"answers": "well"})
        self.faults = now.model_copy(update={"times": now.times - 1})
        return now

    async def _answer(self, faults: Faults, request: Request, call_next: RequestResponseEndpoint) -> Response:
        match faults.answers:
            case "error":
                return Response("出错了", 500)
            case "lost":
                await call_next(request)
                return Response("出错了", 500)
            case "busy":
                return Response("稍后再来", 429, {"Retry-After": f"{faults.seconds:.0f}"})
            case "refuse" if faults.about.encode() in await request.body():
                return Response("内容不合要求", 422)
            case "garbage":
                return Response(b"<html>\xff<!--", 200, media_type="text/html")
            case "slow":
                await asyncio.sleep(faults.seconds)
            case "timeout":
                while not await request.is_disconnected():  # noqa: ASYNC110 (no event reports it)
                    await asyncio.sleep(0.1)
        return await call_next(request)
