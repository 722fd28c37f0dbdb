"""The middleware in its order."""

from typing import Final

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from adapters.settings.setting_types import origin_of
from adapters.settings.settings import Settings
from api.middleware.body_limits import BodyLimit
from api.middleware.cross_site import CrossSiteCheck
from api.middleware.json_shape import JsonShape
from api.middleware.known_hosts import KnownHosts
from api.middleware.rate_limits import RateLimits
from api.middleware.security_headers import SecureHeaders
from api.refusal_counts import RefusalCounts

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
SENT: Final = ("Authorization", "Content-Type", "Idempotency-Key")
SHOWN: Final = ("Location", "Retry-After", "Idempotency-Replayed")
ASK_AGAIN: Final = 600  # seconds


def add_middleware(
    app: FastAPI, of: Settings, *, prefix: str, public: str, logins: frozenset[str], streamed: str
) -> None:
    """Add the middleware to an application.

    `prefix` is that of the API, `public` that of the public interface, `logins` are the paths of signing in, `streamed`
    is the path of uploads, which limits its bodies itself.
    """
    app.state.refusals = RefusalCounts(app)
    webhooks = f"{prefix}/webhooks/"
    # The last one added is the outermost.
    app.add_middleware(JsonShape, unread=(webhooks,))
    app.add_middleware(BodyLimit, seconds=of.body_seconds, streamed=frozenset({streamed}))
    app.add_middleware(CrossSiteCheck, own=_own(of.public_base_url), listed=of.cors_origins, sealed=(webhooks, public))
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
        # Outside of the checks, so that an allowed page can read a refusal. No cookies in either direction.
        app.add_middleware(
            CORSMiddleware,
            allow_origins=of.cors_origins,
            allow_methods=METHODS,
            allow_headers=SENT,
            expose_headers=SHOWN,
            max_age=ASK_AGAIN,
        )


class GuardedApp(FastAPI):
    """An application whose answers all have the security headers, those of unexpected errors too."""

    def __init__(self, public_url: str, **named: object) -> None:
        super().__init__(**named)  # type: ignore[arg-type]
        self._public_url = public_url

    def build_middleware_stack(self) -> ASGIApp:
        """Starlette's stack inside the headers, because its own error answers are outside of all middleware."""
        return SecureHeaders(super().build_middleware_stack(), self._public_url)


def _own(public_url: str) -> tuple[str, ...]:
    try:
        return (origin_of(public_url),)
    except ValueError:
        return ()
