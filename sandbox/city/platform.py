"""The simulated city platform (docs/city-platform.md): sends orders to counties and receives their messages.

    python -m sandbox.city.platform --port 8026 --webhook http://127.0.0.1:8000/api/v1/webhooks/city
                                               (CITY_SECRET is the shared key)

Its page shows every order with both numbers, and has buttons for the messages of a city. `PUT /sandbox/faults`
injects faults.
"""

import argparse
import json
import os
import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from fastapi import FastAPI, Form, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from pydantic import BaseModel
from starlette.requests import ClientDisconnect

from sandbox.city import page as city_page
from sandbox.city.faults import FaultInjection
from sandbox.city.outbox import Outbox
from sandbox.city.signature import checked
from sandbox.city.store import CityStore, KeyUsed, Received

REQUESTS = {"extension": "延期", "city_review": "办结", "appeal": "申诉"}
"""Kinds of requests that the platform decides: the county's word → its own."""
STATES = {"extension": "申请延期", "city_review": "待审核结果", "appeal": "申诉中", "result": "已报结果"}
AFTER = {("city_review", True): "已办结", ("city_review", False): "退回重办", ("appeal", True): "不计入满意度"}


class Kind(StrEnum):
    """Kinds of messages from a county."""

    RESULTS = "results"
    EXTENSIONS = "extensions"
    APPEALS = "appeals"
    REPORTS = "reports"
    RECEIPTS = "receipts"


class NewMessage(BaseModel):
    """A message for the county that has an area, in the platform's words."""

    type: str
    area: str | None = None
    data: dict[str, Any]
    id: str | None = None


class Platform:
    """The logic of the platform."""

    def __init__(self, store: CityStore, outbox: Outbox) -> None:
        self.store = store
        self.outbox = outbox

    def take(self, kind: Kind, key: str, body: Any) -> dict[str, Any]:
        """Receive a message of a county; the same message gets the same answer. Raises 409 for a used id."""
        try:
            entry, new = self.store.receive(key, kind, body)
        except KeyUsed:
            raise HTTPException(409, "同一个消息编号已用于不同的内容") from None
        if not isinstance(body, dict):
            return {"id": entry.id}
        if kind is Kind.RECEIPTS:
            for receipt in body.get("receipts", ()):
                self.outbox.heard(str(receipt.get("message")), receipt)
            return {"id": entry.id}
        if not body.get("no"):
            return {"id": entry.id}
        city_no = str(body.get("city_no") or self.store.number_for(str(body["no"])))
        if new:
            self.store.number(city_no, str(body["no"]))
            if state := STATES.get(str(body.get("what"))):
                self.store.state(city_no, state)
        return {"id": entry.id, "city_no": city_no}

    def open(self, area: str, data: dict[str, Any]) -> str:
        """Send a citizen's demand to the county of an area; returns the platform's number."""
        city_no = str(data.setdefault("order_no", f"SZ{time.time_ns() // 1_000_000}"))
        self.store.add_order(city_no, area, str(data.get("title") or ""))
        self.outbox.send("order", area, data, f"order-{city_no}" if city_no.isascii() else None)
        return city_no

    def decide(self, entry: Received, result: str, opinion: str) -> None:
        """Answer a request, in the platform's words; a second answer is not sent."""
        body, what = entry.body, str(entry.body.get("what"))
        data = {
            "order_no": body.get("city_no"),
            "county_no": body.get("no"),
            "apply_id": body.get("approval"),
            "apply_type": REQUESTS[what],
            "result": result,
            "opinion": opinion,
        }
        self.store.decide(entry.key, result)
        if state := AFTER.get((what, result == "同意")):
            self.store.state(str(body.get("city_no")), state)
        self.outbox.send("decision", body.get("area"), data, f"decision-{entry.id}")


def create_app(secret: str, webhook: str | None = None, data: Path | None = None) -> FastAPI:
    """The platform as a web application; its data is stored in `data`, or in memory without it."""
    store, chaos = CityStore(data), FaultInjection()
    outbox = Outbox(secret, webhook, store, chaos)
    platform = Platform(store, outbox)
    app = FastAPI(title="市平台模拟端", lifespan=outbox.lifespan)
    chaos.install(app)
    _interface(app, secret, platform)
    _desk(app, platform)

    @app.exception_handler(ClientDisconnect)
    def gone(_: Request, __: ClientDisconnect) -> Response:
        return Response(status_code=400)  # nobody reads it: the county disconnected while sending

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    return app


def _interface(app: FastAPI, secret: str, platform: Platform) -> None:
    """The routes for counties."""
    store = platform.store

    @app.get("/city/v1/outbox")
    async def outbox(request: Request, after: str = "", limit: Annotated[int, Query(ge=1, le=500)] = 100) -> Any:
        await checked(secret, request)
        epoch, _, place = after.partition("-")
        if after and (epoch != store.epoch or not place.isdecimal()):
            return JSONResponse({"detail": "游标已失效"}, 410)
        found = store.outbox(int(place or 0), limit + 1)
        page = found[:limit]
        following = f"{store.epoch}-{page[-1].seq}" if page else after or None
        return {"messages": [each.body for each in page], "next": following, "more": len(found) > limit}

    @app.post("/city/v1/{kind}")
    async def receive(kind: Kind, request: Request) -> dict[str, Any]:
        key, body = await checked(secret, request)
        try:
            content = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise HTTPException(422, "内容不是 JSON") from error
        return platform.take(kind, key, content)

    @app.get("/city/v1/received")
    def list_received() -> list[dict[str, Any]]:
        return [
            {"id": each.id, "kind": each.kind, "key": each.key, "body": each.body, "decision": each.decision}
            for each in store.received()
        ]

    @app.get("/city/v1/orders")
    def list_orders() -> list[dict[str, Any]]:
        return [vars(order) for order in store.orders()]


def _desk(app: FastAPI, platform: Platform) -> None:
    """The routes for the platform's staff: the page, and `POST /sandbox/messages` for programs."""
    store, sender = platform.store, platform.outbox

    @app.post("/sandbox/messages", status_code=202)
    async def message(new: NewMessage) -> dict[str, str]:
        if new.type == "order" and new.area is not None and new.id is None:
            return {"city_no": platform.open(new.area, new.data)}
        return {"id": sender.send(new.type, new.area, new.data, new.id).id}

    @app.get("/")
    def page() -> HTMLResponse:
        return HTMLResponse(city_page.desk(store.orders(), store.received(), store.outbox(0, 1000), REQUESTS))

    @app.post("/desk/orders")
    async def new_order(
        area: Annotated[str, Form(max_length=20)],
        title: Annotated[str, Form(max_length=200)],
        content: Annotated[str, Form(max_length=2000)],
        category: Annotated[str, Form(max_length=10)],
        grade: Annotated[str, Form(max_length=10)] = "",
        name: Annotated[str, Form(max_length=50)] = "",
        phone: Annotated[str, Form(max_length=20)] = "",
    ) -> RedirectResponse:
        data = {"title": title, "content": content, "type_code": category, "level_code": grade}
        data["caller"] = {"name": name, "phone": phone}  # type: ignore[assignment]
        platform.open(area, data)
        return RedirectResponse("/", 303)

    @app.post("/desk/decisions")
    async def decide(
        key: Annotated[str, Form()], result: Annotated[str, Form()], opinion: Annotated[str, Form(max_length=500)] = ""
    ) -> RedirectResponse:
        entry = next((each for each in store.received() if each.key == key), None)
        if entry is None or entry.body.get("what") not in REQUESTS or entry.decision is not None:
            raise HTTPException(409, "没有这一项待审核的申请")
        platform.decide(entry, result, opinion)
        return RedirectResponse("/", 303)

    @app.post("/desk/urges")
    async def urge(
        city_no: Annotated[str, Form()], opinion: Annotated[str, Form(max_length=500)] = ""
    ) -> RedirectResponse:
        order = store.order(city_no)
        if order is None:
            raise HTTPException(404, "没有这一件工单")
        data = {"order_no": city_no, "county_no": order.county_no, "opinion": opinion}
        sender.send("urge", order.area, data)
        return RedirectResponse("/", 303)


def main() -> None:
    """Serve on the loopback interface only."""
    options = argparse.ArgumentParser(description="市平台模拟端")
    options.add_argument("--port", type=int, default=8026)
    options.add_argument("--secret", default=os.environ.get("CITY_SECRET"))
    options.add_argument("--webhook", help="县平台接收消息的地址；不给则只等对方来取")
    options.add_argument("--data", type=Path, help="存放数据的文件夹；不给则停止后不保留")
    chosen = options.parse_args()
    if not chosen.secret:
        options.error("缺少密钥：请用 --secret 或环境变量 CITY_SECRET 给出")
    if chosen.data:
        chosen.data.mkdir(parents=True, exist_ok=True)
    file = chosen.data / "city.db" if chosen.data else None
    app = create_app(chosen.secret, chosen.webhook, file)
    uvicorn.run(app, host="127.0.0.1", port=chosen.port, log_level="warning")


if __name__ == "__main__":
    main()
