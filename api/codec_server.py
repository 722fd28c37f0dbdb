"""The codec server: decrypts sealed payloads for the Temporal UI and command line, with a token.

It implements the protocol of the UI: POST /encode and /decode, each with a `Payloads` message as JSON in and out.
It stores and logs nothing of them.
"""

import hmac
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Final

from fastapi import Depends, Request, Response
from google.protobuf.json_format import MessageToJson, Parse, ParseError
from starlette.middleware.cors import CORSMiddleware
from temporalio.api.common.v1 import Payload, Payloads

from adapters.database.encryption import CannotDecrypt
from adapters.settings.production_check import require_codec
from adapters.settings.settings import Settings, settings
from adapters.temporal.payload_codec import SealedPayloads
from api import error_handlers
from api.middleware.body_limits import BodyLimit
from api.middleware.known_hosts import KnownHosts
from api.middleware.stack import ASK_AGAIN, GuardedApp
from api.problems import ProblemError

SENT: Final = ("Authorization", "Content-Type", "X-Namespace")

Work = Callable[[Sequence[Payload]], Awaitable[list[Payload]]]


def create_codec(of: Settings | None = None) -> GuardedApp:
    """The codec server by these settings, or by those of the environment. Raises CannotServe."""
    chosen = of or settings()
    require_codec(chosen)
    codec = SealedPayloads(chosen.payload_key)
    app = GuardedApp(chosen.public_base_url, title="接诉：编解码服务", openapi_url=None, docs_url=None, redoc_url=None)
    app.add_middleware(BodyLimit, seconds=chosen.body_seconds)
    app.add_middleware(KnownHosts, hosts=chosen.hosts)
    if chosen.codec_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=chosen.codec_origins,
            allow_methods=("POST",),
            allow_headers=SENT,
            max_age=ASK_AGAIN,
        )
    error_handlers.install(app)
    allowed = Depends(_requires(chosen.codec_token))
    for path, work in (("/encode", codec.encode), ("/decode", codec.decode)):
        app.add_api_route(path, _route(work), methods=["POST"], dependencies=[allowed])
    return app


def _requires(token: str) -> Callable[[Request], None]:
    def check(request: Request) -> None:
        """Raises ProblemError(401) unless the request has the token."""
        scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(shown.encode("latin-1"), token.encode()):
            problem = ProblemError(401, "请出示编解码服务的令牌")
            problem.headers = {"WWW-Authenticate": "Bearer"}
            raise problem

    return check


def _route(work: Work) -> Callable[..., Awaitable[Response]]:
    async def answer(said: Annotated[Payloads, Depends(_payloads)]) -> Response:
        try:
            done = Payloads(payloads=await work(said.payloads))
        except CannotDecrypt as error:
            raise ProblemError(422, str(error)) from None
        return Response(MessageToJson(done), media_type="application/json")

    return answer


async def _payloads(request: Request) -> Payloads:
    try:
        return Parse(await request.body(), Payloads())
    except (ParseError, ValueError, RecursionError):
        raise ProblemError(400, "请求内容不是 Payloads") from None
