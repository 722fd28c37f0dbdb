"""The OpenAPI document, completed by problem documents, bodies of commands and the idempotency key."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from api.idempotency import PARAMETER
from api.problems import Problem, answers
from application.orders.command_bodies import COMMAND_BODIES

AT_THE_DOOR = (400, 429)
"""Statuses of the middleware for every request: an unknown host, too many requests."""
WITH_A_BODY = (403, 408, 413, 422)
"""More of them for requests with a body: from another site, too slow, too large, or malformed."""
REF = "#/components/schemas/{model}"
BODY = "x-body"


def describe(app: FastAPI) -> None:
    """Install the document in the application."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    models: list[type[BaseModel]] = [Problem, *COMMAND_BODIES.values()]
    _, ours = models_json_schema([(model, "validation") for model in models], ref_template=REF)
    schemas: dict[str, Any] = document["components"]["schemas"]
    schemas |= {name: schema for name, schema in ours["$defs"].items() if name not in schemas}
    for path in document["paths"].values():
        for method, operation in path.items():
            _complete(method, operation)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return document


def _complete(method: str, operation: dict[str, Any]) -> None:
    refusals = (*AT_THE_DOOR, *(WITH_A_BODY if method != "get" else ()))
    for status, answer in answers(*refusals).items():
        operation["responses"].setdefault(str(status), answer)
    operation["responses"] = dict(sorted(operation["responses"].items()))
    if (model := operation.pop(BODY, None)) is not None:
        schema = {"$ref": REF.format(model=model)}
        operation["requestBody"] = {"required": False, "content": {"application/json": {"schema": schema}}}
    if method == "post" and operation.get("security"):
        operation.setdefault("parameters", []).append(PARAMETER)
