"""The city platform on one machine: takes what a county reports, and shows what came.

    python -m sandbox.city --port 8026          (CITY_SECRET is the shared key)

A posted JSON body carries `Idempotency-Key` and `X-City-Signature`, the hexadecimal HMAC-SHA256 of the body.
"""

import argparse
import hashlib
import hmac
import json
import os
from enum import StrEnum
from threading import Lock
from typing import Annotated, Any
from uuid import NAMESPACE_URL, uuid5

import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException, Request


class Kind(StrEnum):
    """What a county sends up."""

    RESULTS = "results"
    EXTENSIONS = "extensions"
    APPEALS = "appeals"
    REPORTS = "reports"


def create_app(secret: str) -> FastAPI:
    """The platform as a web application; what it received lasts as long as the process."""
    app = FastAPI(title="市平台模拟端")
    received: dict[str, dict[str, Any]] = {}
    lock = Lock()

    async def signed_body(request: Request, x_city_signature: Annotated[str, Header()] = "") -> bytes:
        body = await request.body()
        right = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(right.encode(), x_city_signature.encode()):
            raise HTTPException(401, "签名不正确")
        return body

    @app.post("/city/v1/{kind}")
    def receive(
        kind: Kind, idempotency_key: Annotated[str, Header()], body: Annotated[bytes, Depends(signed_body)]
    ) -> dict[str, str]:
        try:
            content = json.loads(body)
        except ValueError as error:
            raise HTTPException(422, "内容不是 JSON") from error
        # The id follows from the key alone, so a platform that was restarted gives the same answer again.
        identity = str(uuid5(NAMESPACE_URL, f"{kind}/{idempotency_key}"))
        entry = {"id": identity, "kind": kind, "key": idempotency_key, "body": content}
        with lock:
            if received.setdefault(idempotency_key, entry) != entry:
                raise HTTPException(409, "同一个幂等键已用于不同的内容")
        return {"id": identity}

    @app.get("/city/v1/received")
    def list_received() -> list[dict[str, Any]]:
        return list(received.values())

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    return app


def main() -> None:
    """Serve on this machine only."""
    options = argparse.ArgumentParser(description="市平台模拟端")
    options.add_argument("--port", type=int, default=8026)
    options.add_argument("--secret", default=os.environ.get("CITY_SECRET"))
    chosen = options.parse_args()
    if not chosen.secret:
        options.error("缺少密钥：请用 --secret 或环境变量 CITY_SECRET 给出")
    uvicorn.run(create_app(chosen.secret), host="127.0.0.1", port=chosen.port, log_level="warning")


if __name__ == "__main__":
    main()
