"""Bearer tokens of the county's identity provider (OpenID Connect Discovery 1.0, RFC 7517, RFC 8725).

The discovery document names the keys; both are fetched over HTTP when a token first needs them, and cached for `FRESH`
seconds. An unknown key id triggers a new fetch, at most every `PAUSE` seconds whether or not it succeeds, so that
made-up key ids cannot flood the provider. While the provider is away cached keys stay valid, for `STALE` at most.
A fetch is a plain GET, with a limit in time and size and without redirects; it is not retried, the next request
tries again.

A provider's token is accepted for `LIFE` from its issue, whatever its own expiry: its statement of a person's role and
unit is then no older than that of a local session.
"""

import asyncio
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import httpx
import jwt
from jwt import PyJWK

from adapters.auth.oidc_claims import identity
from adapters.auth.tokens import LIFE, BadToken, Identity
from adapters.settings.settings import Settings

ALGORITHMS: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
"""Asymmetric algorithms only: with a symmetric one, a public key could serve as the signing secret."""

KINDS: Final = frozenset({"jwt", "at+jwt", "application/at+jwt"})
"""Accepted token types (`typ`; RFC 8725, 3.11, RFC 9068): a provider also signs logout notices and introspection
answers with the same keys.
"""

TIMEOUT: Final = 5.0  # seconds, for each step of a request
WHOLE: Final = 10.0  # seconds, for both documents
MAX_ANSWER: Final = 1_000_000  # bytes
FRESH: Final = 600.0
STALE: Final = 86_400.0
PAUSE: Final = 30.0
LEEWAY: Final = 10
"""Allowed clock difference in seconds between the provider and this machine."""


class ProviderAway(ConnectionError):  # noqa: N818 - reads as a sentence where it is caught
    """The provider gives no answer or an invalid one: the token cannot be verified now."""


class ProviderIdentity(NamedTuple):
    """A person identified by the provider, and the token's issue time."""

    user: Identity
    at: datetime


class Provider:
    """The identity provider from the settings; if none is set, it has issued no token."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._keys: dict[str | None, dict[str, Any]] = {}
        self._fetched = self._tried = float("-inf")
        self._fetching = asyncio.Lock()

    def issued(self, token: str) -> bool:
        """Whether the token claims the provider as its issuer, unverified."""
        if not self._settings.oidc_issuer:
            return False
        try:
            claims = jwt.decode(token, options={"verify_signature": False})
        except jwt.InvalidTokenError:
            return False
        return bool(claims.get("iss") == self._settings.oidc_issuer)

    async def read(self, token: str) -> ProviderIdentity:
        """Verify a token; returns its person by the configured claims. Raises BadToken, TooWeak, ProviderAway."""
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") not in ALGORITHMS or str(header.get("typ", "jwt")).lower() not in KINDS:
                raise BadToken
            kid = header.get("kid")
            key = await self._key(kid, None)
            try:
                claims = self._verified(token, key, header)
            except jwt.InvalidSignatureError:
                if kid is not None:
                    raise
                # Keys without ids: a changed key shows only by a failed signature.
                claims = self._verified(token, await self._key(kid, key), header)
        except jwt.PyJWTError:
            raise BadToken from None
        return ProviderIdentity(identity(claims, self._settings), self._issued_at(claims))

    def _issued_at(self, claims: dict[str, Any]) -> datetime:
        """The token's issue time, checked against its age and its audience. Raises BadToken."""
        clients = self._settings.oidc_clients
        if clients and claims.get("azp", claims.get("client_id")) not in clients:
            raise BadToken
        at = datetime.fromtimestamp(int(claims["iat"]), UTC)
        if at + LIFE + timedelta(seconds=LEEWAY) < datetime.now(UTC):
            raise BadToken
        return at

    def _verified(self, token: str, key: dict[str, Any], header: dict[str, Any]) -> dict[str, Any]:
        """The verified claims. Raises jwt.PyJWTError, BadToken."""
        algorithm = header["alg"]
        if key.get("alg", algorithm) != algorithm:
            raise BadToken
        return jwt.decode(
            token,
            PyJWK(key, algorithm),
            algorithms=[algorithm],
            issuer=self._settings.oidc_issuer,
            audience=self._settings.oidc_audience,
            leeway=LEEWAY,
            options={"require": ["iss", "aud", "exp", "iat", "sub"], "enforce_minimum_key_length": True},
        )

    async def _key(self, kid: str | None, tried: dict[str, Any] | None) -> dict[str, Any]:
        """The key of that id, but not the `tried` one. Raises BadToken, ProviderAway."""

        def missing() -> bool:
            return self._clock() - self._fetched > FRESH or self._named(kid) in (None, tried)

        # While one request refreshes known keys, the others go on with the cached ones.
        waits = self._named(kid) in (None, tried) or self._clock() - self._fetched > STALE
        if missing() and (waits or not self._fetching.locked()):
            async with self._fetching:
                # Another request may have fetched the missing key while this one waited.
                if missing():
                    await self._refresh()
        key = self._named(kid)
        if key is None or key == tried:
            raise BadToken
        return key

    def _named(self, kid: str | None) -> dict[str, Any] | None:
        """The cached key of that id; without an id, the only key there is."""
        if kid is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(kid)

    async def _refresh(self) -> None:
        now = self._clock()
        usable = now - self._fetched <= STALE
        if now - self._tried < PAUSE:
            if not usable:
                raise ProviderAway(self._settings.oidc_issuer)
            return
        self._tried = now
        try:
            async with asyncio.timeout(WHOLE):
                self._keys = await self._fetch()
            self._fetched = now
        except (TimeoutError, httpx.HTTPError, ValueError, LookupError, TypeError, AttributeError) as error:
            if not usable:
                raise ProviderAway(f"{self._settings.oidc_issuer}: {type(error).__name__}") from None

    async def _fetch(self) -> dict[str | None, dict[str, Any]]:
        issuer = self._settings.oidc_issuer
        async with httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False) as http:
            said = await _json(http, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            if said["issuer"] != issuer:
                raise ValueError("another issuer")
            address = str(said["jwks_uri"])
            if issuer.startswith("https://") and not address.startswith("https://"):
                raise ValueError("keys without TLS")
            found = (await _json(http, address))["keys"]
        return {key.get("kid"): key for key in found if key.get("use", "sig") == "sig" and key.get("kty") != "oct"}


async def _json(http: httpx.AsyncClient, address: str) -> Any:
    async with http.stream("GET", address) as answer:
        answer.raise_for_status()
        if answer.status_code != httpx.codes.OK:
            raise ValueError("no document")
        content = b""
        async for part in answer.aiter_bytes():
            content += part
            if len(content) > MAX_ANSWER:
                raise ValueError("too large")
    return json.loads(content)
