"""Malformed requests, and the OpenAPI document."""

import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from fastapi import Request

from api.app import create_app
from api.middleware.body_limits import MAX_BODY
from api.problem_documents import of_outage
from domain.order.commands import COMMANDS
from tests.api.callers import DEMAND, Caller, problem

SignIn = Callable[[str], Caller]


@pytest.fixture
def agent(caller: SignIn) -> Caller:
    return caller("agent")


def test_ten_megabytes_are_refused_before_they_are_read(agent: Caller) -> None:
    answer = agent.http.post("/work-orders", content=b"x" * 10_000_000)
    problem(answer, 413, "too_large")


def test_a_body_without_a_length_is_counted(agent: Caller) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(400):
            sent += 50_000
            yield b"x" * 50_000

    problem(agent.http.post("/work-orders", content=endless()), 413, "too_large")
    assert sent >= MAX_BODY
    # Upload routes limit the size of other bodies too, also without a token.
    headers = {"Content-Type": "application/json"}
    problem(agent.http.post("/attachments", content=endless(), headers=headers), 413, "too_large")


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[" * 100_000, 400),
        (b"", 422),
        (b"[]", 422),
        (b"null", 422),
        (b'"\\ud800"', 422),
        (json.dumps({"a": [[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]}).encode(), 422),
        (json.dumps(DEMAND | {"title": "\ud800"}).encode(), 422),
        (json.dumps(DEMAND | {"required_by": 1e308}).encode(), 422),
        (json.dumps(DEMAND | {"title": float("nan")}).encode(), 422),
    ],
)
def test_a_broken_body_is_a_problem_document(agent: Caller, content: bytes, status: int) -> None:
    answer = agent.http.post("/work-orders", content=content, headers={"Content-Type": "application/json"})
    assert answer.json()["code"] in {"invalid", "missing_field"}
    problem(answer, status, answer.json()["code"])


def test_unknown_addresses_and_methods_are_problem_documents(agent: Caller) -> None:
    problem(agent.get("/nothing"), 404, "not_found")
    problem(agent.http.delete("/work-orders"), 405, "method_not_allowed")
    problem(agent.http.put("/units", json={}), 405, "method_not_allowed")
    assert agent.http.put("/work-orders").headers["Allow"] == "GET, POST"
    problem(agent.get("/work-orders/20000101-999999"), 404, "unknown_order")
    problem(agent.get("/work-orders/%00"), 404, "unknown_order")
    problem(agent.get("/work-orders/%F0%9F%98%80/timeline"), 404, "unknown_order")
    problem(agent.post("/approvals/%00/decision", {"decision": "approve"}), 404, "not_found")
    problem(agent.get("/policies/%00"), 404, "not_found")


def test_what_somebody_typed_into_an_address_is_not_logged_in_an_outage(caplog: pytest.LogCaptureFixture) -> None:
    route = SimpleNamespace(path_format="/work-orders/{no}")
    scope = {"type": "http", "method": "GET", "path": "/work-orders/13912345678", "headers": [], "route": route}
    answer = of_outage(Request(scope | {"query_string": b"q=13912345678"}), TimeoutError("no connection"))
    assert (answer.status_code, "/work-orders/{no}: TimeoutError" in caplog.text) == (503, True)
    assert "13912345678" not in caplog.text


def test_health_tells_of_every_dependency(agent: Caller) -> None:
    assert agent.get("/health/live").json()["status"] == "ok"
    ready = agent.get("/health/ready")
    assert (ready.status_code, ready.json()) == (200, {"status": "ok", "database": True, "temporal": True})


def test_the_openapi_document_knows_every_command_and_every_problem() -> None:
    document = create_app().openapi()
    schemas, paths = document["components"]["schemas"], document["paths"]
    text = json.dumps(document)
    references = {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert references <= set(schemas)
    for command in COMMANDS.values():
        operation = paths[f"/api/v1/work-orders/{{no}}/commands/{command.do}"]["post"]
        reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        body = schemas[reference.rpartition("/")[2]]
        assert body["additionalProperties"] is False
        assert not {"by", "person"} & set(body["properties"])
    for path, operations in paths.items():
        for method, operation in operations.items():
            problems = {status for status, answer in operation["responses"].items() if "Problem" in json.dumps(answer)}
            assert "500" in problems or path.endswith("/ready"), (method, path)
            if operation.get("security"):
                assert "401" in problems, (method, path)
            if method == "post" and operation.get("security"):
                assert any(each["name"] == "Idempotency-Key" for each in operation["parameters"])
