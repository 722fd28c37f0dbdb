"""A page of another site cannot act here in the name of whoever looks at it (OWASP ASVS 5, 3.5).

Browsers say where a request comes from: `Sec-Fetch-Site`, and `Origin` where that is not known. Programs say neither.
The rule is one for every request that may change something, whatever it shows for itself: a token, a cookie, nothing.
"""

from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problem_responses import of_http
from api.problems import ProblemError

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
OURS: Final = frozenset({"same-origin", "none"})
"""`none`: somebody typed the address or opened a bookmark."""


class SameSite:
    """ASGI middleware: 403 for what may change something and comes from a page of another origin.

    `own` are our origins. Pages of those that are `listed` are let in, unless a cookie comes along: they bring what
    they were given, and nothing that a browser adds by itself. Paths that begin with one of `sealed` are left out:
    what comes there brings its own signature or key, is believed for nothing else, and may come from anybody's page.
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
    """The host and port of an origin; '' for one that is none, like `null`."""
    try:
        return urlsplit(origin.lower()).netloc
    except ValueError:
        return ""
