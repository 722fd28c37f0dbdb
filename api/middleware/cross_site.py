"""Rejects requests from pages of other sites, which must not act here for their visitor (OWASP ASVS 5, 3.5).

Browsers send the origin of a request: `Sec-Fetch-Site`, or `Origin` where they do not know that. Programs send neither.
The rule applies to every request that may change something, with a token, a cookie or neither.
"""

from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problem_documents import of_http
from api.problems import ProblemError

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
OURS: Final = frozenset({"same-origin", "none"})
"""`none`: a typed address or a bookmark."""


class CrossSiteCheck:
    """ASGI middleware: 403 for a request that may change something and comes from a page of another origin.

    `own` are our origins. Pages of `listed` origins pass without a cookie: they send the token that they were given,
    and no credential that a browser adds by itself. Paths that begin with one of `sealed` are exempt: requests there
    have a signature or key of their own, carry no other authority, and may come from any page.
    """

    def __init__(self, app: ASGIApp, own: Collection[str], listed: Collection[str], sealed: tuple[str, ...]) -> None:
        self._app = app
        self._own = frozenset(own)
        self._listed = frozenset(listed)
        self._sealed = sealed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, or answer 403."""
        if scope["type"] == "http" and not self._passes(Request(scope)):
            problem = ProblemError(403, "不接受来自其他网站页面的操作", "cross_site")
            await of_http(Request(scope), problem)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _passes(self, request: Request) -> bool:
        if request.method in SAFE or request.scope["path"].startswith(self._sealed):
            return True
        origin = request.headers.get("Origin")
        if origin in self._own or (origin in self._listed and "Cookie" not in request.headers):
            return True
        if site := request.headers.get("Sec-Fetch-Site"):
            return site in OURS
        return origin is None or _authority(origin) == request.headers.get("Host", "").lower()


def _authority(origin: str) -> str:
    """The host and port of an origin; '' for an invalid one, like `null`."""
    try:
        return urlsplit(origin.lower()).netloc
    except ValueError:
        return ""
