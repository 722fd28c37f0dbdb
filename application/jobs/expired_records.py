"""Deletes records that have expired: sign-ins, and answers to requests that may be repeated."""

from datetime import timedelta
from typing import Final

from application.services import Services

KEPT_FOR: Final = timedelta(days=7)
"""Nobody repeats a request after so long, and an answer may quote a person's words."""


async def delete_expired_sign_ins(services: Services) -> int:
    """Delete sessions that ended long ago and sign-in failures that no longer count, and return how many.

    May be repeated, and may run in several processes.
    """
    return await services.sessions.forget() + await services.credentials.failures.forget()


async def delete_expired_request_keys(services: Services, older_than: timedelta = KEPT_FOR) -> int:
    """Delete idempotency keys of that age with their answers, and return how many. May be repeated and may overlap."""
    return await services.idempotency.forget(older_than)
