"""Limits the rate of requests of a caller and of an address, and of sign-ins from an address.

Each process counts for itself: a guard against floods and guessing, not a quota. A caller is identified by a digest of
their credential, valid or not; the limit of the address stops those who send a new one each time.
"""

import time
from collections.abc import Collection
from hashlib import sha256
from typing import Final

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.settings.setting_types import Network, Rate
from api.middleware.client_address import address_of
from api.middleware.token_buckets import TokenBuckets
from api.problem_documents import of_http
from api.problems import ProblemError

HEALTH: Final = ("/health/", "/api/v1/health/")
"""Paths of health checks, which are open and without limits."""


class RateLimits:
    """ASGI middleware: 429 with `Retry-After` above a limit. Health checks are exempt."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        caller: Rate | None,
        address: Rate | None,
        login: Rate | None,
        logins: Collection[str],
        proxies: Collection[Network],
    ) -> None:
        self._app = app
        self._callers, self._addresses, self._logins = (
            TokenBuckets(rate) if rate is not None else None for rate in (caller, address, login)
        )
        self._login_paths = frozenset(logins)
        self._proxies = tuple(proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, or answer 429."""
        if scope["type"] == "http" and not scope["path"].startswith(HEALTH):
            problem = self._too_often(Request(scope))
            if problem is not None:
                await of_http(Request(scope), problem)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _too_often(self, request: Request) -> ProblemError | None:
        now = time.monotonic()
        where = address_of(request, self._proxies)
        asks = self._addresses.take(where, now) if self._addresses is not None else 0
        signs_in = calls = 0
        if self._logins is not None and request.method == "POST" and request.scope["path"] in self._login_paths:
            signs_in = self._logins.take(where, now)
        if self._callers is not None and (shown := request.headers.get("Authorization")):
            calls = self._callers.take(sha256(shown.encode("latin-1")).hexdigest(), now)
        wait = max(asks, signs_in, calls)
        if not wait:
            return None
        counts_as = "too_many_sign_ins" if signs_in else None
        problem = ProblemError(429, f"请求过于频繁，请在 {wait} 秒后重试", counts_as=counts_as)
        problem.headers = {"Retry-After": str(wait)}
        return problem
