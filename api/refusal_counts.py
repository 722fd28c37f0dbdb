"""Counts refusals before authentication, and logs them at most once a minute for each kind and route.

Such refusals are attempts to get around the controls (OWASP ASVS 5, 16.3.3), and anybody can make any number of them.
They are log lines and no acts of the audit trail, which are about people and stay for ever: a flood makes a larger
number, not more lines. The log has neither the caller's input nor their address. A crash loses a minute's numbers of
one process.
"""

import asyncio
import logging
from collections import Counter
from functools import cached_property
from re import Pattern
from typing import Final

from fastapi import FastAPI, Request
from fastapi.routing import iter_route_contexts
from starlette.routing import compile_path

log = logging.getLogger(__name__)

EVERY: Final = 60.0  # seconds
SHAPE: Final = "refused code=%s route=%s count=%d"
NO_ROUTE: Final = "-"

CODES: Final = frozenset(
    {
        *("strange_host", "cross_site", "too_many_requests", "too_many_sign_ins"),
        *("malformed", "too_large", "timed_out", "wrong_type", "unsupported_type", "infected", "bad_signature"),
    }
)
"""The codes that are counted; docs/operations.md explains each."""

INVALID: Final = {400: "malformed", 415: "wrong_type"}
"""The code under which a refusal of that status counts if its own is only `invalid`."""


class RefusalCounts:
    """The counts of one application since they were last logged. Used in its event loop only."""

    def __init__(self, app: FastAPI, every: float = EVERY) -> None:
        self._app = app
        self._every = every
        self._numbers: Counter[tuple[str, str]] = Counter()
        self._timer: asyncio.TimerHandle | None = None

    def count(self, code: str, path: str) -> None:
        """Count one of `CODES`; all counts are logged `every` seconds after the first of a round."""
        self._numbers[code, self._template_of(path)] += 1
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._every, self.tell)

    def tell(self) -> None:
        """Log the counts, a line a kind and route, and begin a new round."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        numbers, self._numbers = self._numbers, Counter()
        for (code, route), number in sorted(numbers.items()):
            log.warning(SHAPE, code, route, number)

    def _template_of(self, path: str) -> str:
        return next((template for template, pattern in self._routes if pattern.match(path)), NO_ROUTE)

    @cached_property
    def _routes(self) -> list[tuple[str, Pattern[str]]]:
        """Computed at the first refusal, when every route is registered."""
        paths = [context.path for context in iter_route_contexts(self._app.routes) if context.path]
        return [(template, pattern) for pattern, template, _ in map(compile_path, paths)]


def count(request: Request, status: int, code: str) -> None:
    """Count an answer if its code is one of `CODES`."""
    told = INVALID.get(status, "") if code == "invalid" else code
    refusals: RefusalCounts | None = getattr(request.app.state, "refusals", None)
    if told in CODES and refusals is not None:
        refusals.count(told, request.scope["path"])
