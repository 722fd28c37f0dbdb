"""An HTTP client of the API, and sample demands."""

import time
from collections.abc import Callable
from itertools import count
from typing import Any, TypeVar

import httpx

PASSWORD = "an-open-secret-of-the-tests"  # noqa: S105
PATIENCE = 60.0
"""Seconds, needed only on a slow and busy machine: every wait ends as soon as its condition is met."""
DEMAND: dict[str, Any] = {
    "policy": "gaotai",
    "category": "complaint",
    "title": "供暖不热",
    "content": "某小区三号楼连续两天供暖不热。",
    "citizen": {"name": "欧阳测试", "phone": "13912345678", "address": "测试街1号", "id_number": "110101199001011234"},
    "area": "南华镇",
    "matter": "heating",
}
T = TypeVar("T")
_keys = count(1)


class Caller:
    """A signed-in user; anonymous without a name."""

    def __init__(self, base: str, username: str) -> None:
        self.http = httpx.Client(base_url=f"{base}/api/v1", timeout=40, trust_env=False)
        if username:
            token = self.http.post("/token", data={"username": username, "password": PASSWORD})
            assert token.status_code == 200, token.text
            self.http.headers["Authorization"] = f"Bearer {token.json()['access_token']}"

    def get(self, path: str, **query: Any) -> httpx.Response:
        """GET below /api/v1."""
        return self.http.get(path, params=query)

    def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """POST JSON below /api/v1; header names with `_` for `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post(path, json=body, headers=named)

    def open(self, **fields: Any) -> str:
        """Open an order; returns its number."""
        answer = self.post("/work-orders", DEMAND | fields)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["no"])

    def do(self, no: str, command: str, **body: Any) -> httpx.Response:
        """Send a command for an order."""
        return self.post(f"/work-orders/{no}/commands/{command}", body)


def eventually(find: Callable[[], T | None]) -> T:
    """The first truthy result of `find`. Polls at growing intervals, because each call slows the awaited work down."""
    deadline, pause = time.monotonic() + PATIENCE, 0.03
    while (found := find()) is None:
        assert time.monotonic() < deadline, "nothing came"
        time.sleep(pause)
        pause = min(pause * 1.4, 0.3)
    return found


def new_key() -> str:
    """A new idempotency key."""
    return f"key-{next(_keys)}"


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem document of an answer; fails the test if it has another status or code."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    document: dict[str, Any] = answer.json()
    assert (answer.status_code, document["status"], document["code"]) == (status, status, code), document
    assert document["type"] == f"urn:jiesu:problem:{code}"
    assert document["title"] and document["detail"] and document["instance"].startswith("/")
    return document
