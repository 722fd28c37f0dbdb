"""The city platform's promises: signed bodies, one answer a key."""

import hashlib
import hmac
import json

import httpx
import pytest

from tests.sandbox.words import Peer

SECRET = "secret-of-the-test"  # noqa: S105


@pytest.fixture(scope="module")
def city(peer: Peer) -> str:
    return peer("city", "--secret", SECRET)[0]


def post(city: str, key: str, content: object, kind: str = "results", secret: str = SECRET) -> httpx.Response:
    body = json.dumps(content).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"Idempotency-Key": key, "X-City-Signature": signature}
    return httpx.post(f"{city}/city/v1/{kind}", content=body, headers=headers)


def test_the_same_key_and_body_give_the_same_answer_once(city: str) -> None:
    first = post(city, "order-1-result", {"order": 1})
    again = post(city, "order-1-result", {"order": 1})
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["id"] == again.json()["id"]
    received = httpx.get(f"{city}/city/v1/received").json()
    came = [(item["kind"], item["body"]) for item in received if item["key"] == "order-1-result"]
    assert came == [("results", {"order": 1})]


@pytest.mark.parametrize(("content", "kind"), [({"order": 2}, "results"), ({"order": 1}, "appeals")])
def test_a_key_used_for_something_else_is_a_conflict(city: str, content: object, kind: str) -> None:
    post(city, "key", {"order": 1})
    assert post(city, "key", content, kind).status_code == 409


def test_a_wrong_signature_a_missing_key_and_an_unknown_kind_are_refused(city: str) -> None:
    assert post(city, "refused", {}, secret="wrong").status_code == 401  # noqa: S106
    assert post(city, "refused", {}, kind="rumours").status_code == 422
    assert httpx.post(f"{city}/city/v1/results", content=b"{}").status_code in {401, 422}
    assert "refused" not in {item["key"] for item in httpx.get(f"{city}/city/v1/received").json()}
