"""Rejects unknown names in the Host header, which may come from a rebound DNS name."""

from collections.abc import Collection

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.middleware.rate_limits import HEALTH
from api.problem_documents import of_http
from api.problems import ProblemError


class KnownHosts:
    """ASGI middleware: 400 for a Host that is not among `hosts`; without any, every Host passes.

    Health checks are exempt: a load balancer may call by any address.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self._app = app
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, or answer 400."""
        if scope["type"] == "http" and not self._knows(Request(scope)):
            problem = ProblemError(400, "请求的主机名不是本系统的", counts_as="strange_host")
            await of_http(Request(scope), problem)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _knows(self, request: Request) -> bool:
        return not self._hosts or request.scope["path"].startswith(HEALTH) or host_of(request) in self._hosts


def host_of(request: Request) -> str:
    """The name in the Host header, in lower case and without its port."""
    host = request.headers.get("Host", "").lower()
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdecimal() else host
