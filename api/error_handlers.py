"""Installs the handler of every error that may end a request."""

from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from adapters.database.paging import BadCursor
from adapters.errors import TRANSIENT_ERRORS
from api.auth.refused_access import with_refusals_noted
from api.problem_documents import of_bug, of_cursor, of_http, of_outage, of_refusal, of_validation
from domain.refusal import Refused


def install(app: FastAPI) -> None:
    """Install the handlers in an application."""
    handlers: dict[type[Exception], Any] = {
        Refused: with_refusals_noted(of_refusal),
        HTTPException: with_refusals_noted(of_http),
        RequestValidationError: of_validation,
        BadCursor: of_cursor,
        Exception: of_bug,
        **dict.fromkeys(TRANSIENT_ERRORS, of_outage),
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)
