"""`Idempotency-Key`: a repeated POST takes effect once and gets the same answer."""

import json
from collections.abc import Callable, Coroutine
from hashlib import sha256
from typing import Any, Final, NamedTuple

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from adapters.database.idempotency import KeyInFlight, KeyReused, Replay
from api.auth.identity import identify, services_of, signed_in
from api.problems import ProblemError
from application.services import Services

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
MAX_KEY: Final = 200
PARAMETER: Final = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "同一请求重复提交时使用同一键，只生效一次",
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY, "pattern": "^[!-~]+$"},
}

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class AnswerKey(NamedTuple):
    """The key under which an answer is stored."""

    key: str
    route: str
    user: str


class IdempotentRoute(APIRoute):
    """A route that honours the key. Without one, or without a user, it is like any other.

    Only successes are stored: a repetition after a refusal or an error cannot take effect twice, because intake and
    commands use the key too (`request_key`).
    """

    def get_route_handler(self) -> Handler:
        """The handler with the key around it."""
        handle = super().get_route_handler()

        async def keyed(request: Request) -> Response:
            user = await _user(request)
            if user is None or request.method != "POST" or (place := answer_key_of(request, user)) is None:
                return await handle(request)
            digest = sha256(await request.body()).hexdigest()
            return await answer_once(services_of(request), place, digest, lambda: handle(request))

        return keyed


class ReadOnlyRoute(IdempotentRoute):
    """A route whose POST only reads. No answer is stored: a repetition is authorised and noted again."""

    def get_route_handler(self) -> Handler:
        """The handler, which validates the key and does not use it."""
        handle = APIRoute.get_route_handler(self)

        async def looked(request: Request) -> Response:
            answer_key_of(request, "")
            return await handle(request)

        return looked


def answer_key_of(request: Request, user: str) -> AnswerKey | None:
    """The place of the request's answer: key, route and user; None without a key. Raises ProblemError(422)."""
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not 0 < len(key) <= MAX_KEY or not key.isascii() or not key.isprintable() or " " in key:
        raise ProblemError(422, f"{HEADER} 须为 1 至 {MAX_KEY} 个可见的 ASCII 字符")
    route = request.url.path
    request.state.key = sha256(f"{user}\n{route}\n{key}".encode()).hexdigest()
    return AnswerKey(key, route, user)


def request_key(request: Request) -> str | None:
    """The id that a request shares with its repetitions; None without a key."""
    key: str | None = getattr(request.state, "key", None)
    return key


async def answer_once(
    services: Services, place: AnswerKey, digest: str, answer: Callable[[], Coroutine[Any, Any, Response]]
) -> Response:
    """The answer to a request whose content has this digest: made now, or the stored one.

    Raises ProblemError: 422 when the key was used for other content, 409 while the first is being answered.
    """
    keys = services.idempotency
    # Keyed, because a body may hold a password or a telephone number, and those can be guessed from a plain digest.
    keyed = services.database.keyring.blind_index(f"idempotency {digest}")
    try:
        replay = await keys.begin(*place, keyed)
    except KeyReused:
        raise ProblemError(422, f"{HEADER} 已用于内容不同的请求") from None
    except KeyInFlight:
        raise ProblemError(409, "同一请求正在处理，请稍后重试") from None
    if replay is not None:
        return _replayed(replay)
    done = False
    try:
        response = await answer()
        if response.status_code < 400:
            await keys.finish(*place, response.status_code, _stored_form(response))
            done = True
        return response
    finally:
        if not done:
            await keys.release(*place)


def _stored_form(response: Response) -> dict[str, Any]:
    """The stored form of an answer: JSON as a value, all else as text."""
    headers = {"Location": location} if (location := response.headers.get("Location")) else {}
    body, kind = bytes(response.body).decode(), response.headers.get("Content-Type", "")
    if kind == JSONResponse.media_type:
        return {"body": json.loads(body), "headers": headers}
    return {"text": body, "headers": headers | {"Content-Type": kind}}


def _replayed(replay: Replay) -> Response:
    kept = replay.response
    headers = kept["headers"] | {REPLAYED: "true"}
    if "text" in kept:
        return Response(kept["text"], replay.status, headers)
    return JSONResponse(kept["body"], replay.status, headers)


async def _user(request: Request) -> str | None:
    """The name of a user who may act; None if there is none, and the route itself answers."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    try:
        return identify(await signed_in(request, services_of(request), token)).sub
    except ProblemError:
        return None
