"""The platform's outbox: every message for a county is stored in it, and pushed to the webhook too."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import httpx
from fastapi import FastAPI

from sandbox.city.faults import FaultInjection
from sandbox.city.signature import headers
from sandbox.city.store import CityStore, Queued

TIMEOUT = 30.0  # seconds; a county may have to start an order
_BEIJING = timezone(timedelta(hours=8))
_STATES = {"taken": "已受理", "waiting": "对方已留存", "refused": "被拒绝"}


class Outbox:
    """Stores messages and pushes each once; a message that was not pushed waits to be fetched."""

    def __init__(self, secret: str, webhook: str | None, store: CityStore, chaos: FaultInjection) -> None:
        self._secret = secret
        self._webhook = webhook
        self._store = store
        self._chaos = chaos
        self._http = httpx.AsyncClient(timeout=TIMEOUT, trust_env=False)
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: Queued | None = None

    @asynccontextmanager
    async def lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        """Cancels pushes at the end of the application."""
        yield
        for task in self._tasks:
            task.cancel()
        await self._http.aclose()

    def send(self, type_: str, area: str | None, data: dict[str, Any], id_: str | None = None) -> Queued:
        """Queue a message for the county that has an area, once per id."""
        name = id_ or f"{type_}-{uuid4()}"
        at = datetime.now(_BEIJING).isoformat(timespec="seconds")
        queued = self._store.queue(name, {"id": name, "type": type_, "area": area, "at": at, "data": data})
        if self._webhook is not None:
            self._push_with_faults(queued)
        return queued

    def heard(self, message: str, said: Any) -> None:
        """Store the county's result for a message, from its answer or a receipt: `{state, no, city_no, code}`."""
        if not isinstance(said, dict):
            return
        state = _STATES.get(str(said.get("state")), "被拒绝")
        self._store.answered(message, f"{state} {said.get('code') or ''}".strip())
        if said.get("no") and said.get("city_no"):
            self._store.number(str(said["city_no"]), str(said["no"]))
            order = self._store.order(str(said["city_no"]))
            if order is not None and order.state == "已下派":
                self._store.state(order.city_no, "已受理")

    def _push_with_faults(self, queued: Queued) -> None:
        match self._chaos.faults.webhooks:
            case "off":
                return
            case "reordered" if self._held is None:
                self._held = queued
                return
            case "duplicate":
                self._in_background(queued, queued)
            case _:
                held, self._held = self._held, None
                self._in_background(*(each for each in (queued, held) if each is not None))

    def _in_background(self, *messages: Queued) -> None:
        task = asyncio.get_running_loop().create_task(self._push(messages))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _push(self, messages: tuple[Queued, ...]) -> None:
        for message in messages:
            content = json.dumps(message.body, ensure_ascii=False).encode()
            signed = {"Content-Type": "application/json", **headers(self._secret, message.id, content)}
            try:
                answer = await self._http.post(self._webhook or "", content=content, headers=signed)
                said = answer.json()
            except (httpx.HTTPError, httpx.InvalidURL, ValueError):
                self._store.answered(message.id, "推送失败，待对方来取")
                continue
            if answer.status_code >= 500:
                self._store.answered(message.id, "推送失败，待对方来取")
            else:
                self.heard(message.id, said)
