"""Security headers of every answer, which forbid browsers to do anything with it (OWASP ASVS 5, chapter 3.4).

An answer keeps those that it sets itself: a page of the documentation, an opened file.
"""

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

USUAL: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Any answer may contain personal data, so no cache or browser stores one.
    "Cache-Control": "no-store",
}
HSTS: Final = "max-age=31536000; includeSubDomains"


class SecureHeaders:
    """ASGI middleware, the outermost, so that error answers pass it too."""

    def __init__(self, app: ASGIApp, public_url: str) -> None:
        self._app = app
        self._headers = dict(USUAL)
        if urlsplit(public_url).scheme == "https":
            self._headers["Strict-Transport-Security"] = HSTS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, and add the headers that the answer does not set."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)
