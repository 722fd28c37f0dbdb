"""Deletes idempotency keys of HTTP requests with their stored answers."""

from datetime import timedelta
from typing import Final

from application.services import Services

KEPT_FOR: Final = timedelta(days=7)
"""Nobody repeats a request after so long, and an answer may quote what a person said."""


async def forget_request_keys(services: Services, older_than: timedelta = KEPT_FOR) -> int:
    """Delete keys of that age with their answers, and return how many. May be repeated and may overlap."""
    return await services.idempotency.forget(older_than)
