"""The guards of the door in their order, from the outermost."""

from typing import Final

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from adapters.settings.setting_types import origin_of
from adapters.settings.settings import Settings
from api.middleware.body_limits import BodyLimit
from api.middleware.cross_site import SameSite
from api.middleware.json_shape import JsonShape
from api.middleware.known_hosts import KnownHosts
from api.middleware.rate_limits import RateLimits
from api.middleware.security_headers import SecureHeaders
from api.refusal_counts import Refusals

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
SENT: Final = ("Authorization", "Content-Type", "Idempotency-Key")
SHOWN: Final = ("Location", "Retry-After", "Idempotency-Replayed")
ASK_AGAIN: Final = 600  # seconds


def add_middleware(
    app: FastAPI, of: Settings, *, prefix: str, public: str, logins: frozenset[str], streamed: str
) -> None:
    """Have every request pass them.

    `prefix` is that of the API, `public` that of the interface for the public, `logins` are the paths where somebody
    signs in, `streamed` is the path that counts for itself what it takes.
    """
    app.state.refusals = Refusals(app)
    webhooks = f"{prefix}/webhooks/"
    # What is added last stands outermost.
    app.add_middleware(JsonShape, unread=(webhooks,))
    app.add_middleware(BodyLimit, seconds=of.body_seconds, streamed=frozenset({streamed}))
    app.add_middleware(SameSite, own=_own(of.public_base_url), listed=of.cors_origins, sealed=(webhooks, public))
    app.add_middleware(
        RateLimits,
        caller=of.caller_rate,
        address=of.address_rate,
        login=of.login_rate,
        logins=logins,
        proxies=of.trusted_proxies,
    )
    app.add_middleware(KnownHosts, hosts=of.hosts)
    if of.cors_origins:
        # Outside of what refuses: a page that is let in may read why it was refused. No cookies in either direction.
        app.add_middleware(
            CORSMiddleware,
            allow_origins=of.cors_origins,
            allow_methods=METHODS,
            allow_headers=SENT,
            expose_headers=SHOWN,
            max_age=ASK_AGAIN,
        )


class GuardedApp(FastAPI):
    """An application all of whose answers carry the headers, also those of errors that nobody foresaw."""

    def __init__(self, public_url: str, **named: object) -> None:
        super().__init__(**named)  # type: ignore[arg-type]
        self._public_url = public_url

    def build_middleware_stack(self) -> ASGIApp:
        """What Starlette builds, with the headers around it: its own error answers are outside of all middleware."""
        return SecureHeaders(super().build_middleware_stack(), self._public_url)


def _own(public_url: str) -> tuple[str, ...]:
    try:
        return (origin_of(public_url),)
    except ValueError:
        return ()
