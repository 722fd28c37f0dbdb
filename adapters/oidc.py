"""Bearer tokens of the county's identity provider (OpenID Connect Discovery 1.0, RFC 7517, RFC 8725).

The discovery document names the keys; both are fetched over HTTP when a token first needs them, kept for `FRESH`
seconds, and fetched again for a key that is not known yet, at most every `PAUSE` seconds whether or not that works: a
flood of made-up key ids is no flood at the provider. While it is away what is known goes on to hold, `STALE` at most.
A fetch is a plain GET, with a limit in time and size and without redirects; nothing is repeated, the next request is
the next try.
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import httpx
import jwt
from jwt import PyJWK
from pydantic import ValidationError

from adapters.database.users import FEDERATED
from adapters.settings import Settings
from adapters.tokens import BadToken, Identity
from domain.words import UNIT_ROLES

ALGORITHMS: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
"""Asymmetric ones: a public key is no secret that somebody else could sign with."""

TIMEOUT: Final = 5.0  # seconds, for each step of a request
MAX_ANSWER: Final = 1_000_000  # bytes
FRESH: Final = 600.0
STALE: Final = 86_400.0
PAUSE: Final = 30.0
LEEWAY: Final = 10
"""Seconds by which the clocks of the provider and of this machine may differ."""

MAX_NAME: Final = 200


class ProviderAway(ConnectionError):  # noqa: N818 - reads as a sentence where it is caught
    """The provider does not answer, or not with what it should: nothing can be said about the token now."""


class Provider:
    """The provider of the settings; without one, no token is its."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._keys: dict[str | None, dict[str, Any]] = {}
        self._fetched = self._tried = float("-inf")
        self._fetching = asyncio.Lock()

    def issued(self, token: str) -> bool:
        """Whether the token says that it is the provider's, which proves nothing yet."""
        if not self._settings.oidc_issuer:
            return False
        try:
            claims = jwt.decode(token, options={"verify_signature": False})
        except jwt.InvalidTokenError:
            return False
        return bool(claims.get("iss") == self._settings.oidc_issuer)

    async def read(self, token: str) -> Identity:
        """Who the token speaks of, by the claims that the settings name. Raises BadToken, ProviderAway."""
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") not in ALGORITHMS:
                raise BadToken
            kid = header.get("kid")
            key = await self._key(kid, None)
            try:
                claims = self._verified(token, key, header)
            except jwt.InvalidSignatureError:
                if kid is not None:
                    raise
                # Keys without ids: that the key has changed shows only in that it does not fit.
                claims = self._verified(token, await self._key(kid, key), header)
        except jwt.PyJWTError:
            raise BadToken from None
        return identity(claims, self._settings)

    def _verified(self, token: str, key: dict[str, Any], header: dict[str, Any]) -> dict[str, Any]:
        """The claims. Raises jwt.PyJWTError, BadToken."""
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
            options={"require": ["iss", "aud", "exp", "iat", "sub"]},
        )

    async def _key(self, kid: str | None, tried: dict[str, Any] | None) -> dict[str, Any]:
        """The key of that id, but not one that was tried. Raises BadToken, ProviderAway."""

        def missing() -> bool:
            return self._clock() - self._fetched > FRESH or self._named(kid) in (None, tried)

        if missing():
            async with self._fetching:
                # Whoever waited may find that another has fetched what they miss.
                if missing():
                    await self._refresh()
        key = self._named(kid)
        if key is None or key == tried:
            raise BadToken
        return key

    def _named(self, kid: str | None) -> dict[str, Any] | None:
        """The key of that id; of a token that names none, the only key there is."""
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
            self._keys = await self._fetch()
            self._fetched = now
        except (httpx.HTTPError, ValueError, LookupError, TypeError, AttributeError) as error:
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


def identity(claims: Mapping[str, Any], settings: Settings) -> Identity:
    """The person that verified claims describe. Raises BadToken unless they say one role, and of a unit which one."""
    said = _said(claims, settings.oidc_role_claim)
    words = said if isinstance(said, list) else [said]
    roles = {settings.oidc_roles[word] for word in words if isinstance(word, str) and word in settings.oidc_roles}
    name = _said(claims, settings.oidc_name_claim)
    if len(roles) != 1 or not isinstance(name, str) or not 0 < len(name) <= MAX_NAME or not name.isprintable():
        raise BadToken
    role = roles.pop()
    unit = _said(claims, settings.oidc_unit_claim) if role in UNIT_ROLES else None
    regime = _said(claims, settings.oidc_regime_claim)
    if role in UNIT_ROLES and not (unit and regime):
        raise BadToken
    try:
        return Identity(sub=f"{FEDERATED}{name}", role=role, unit=unit or None, regime=regime or None)
    except ValidationError:
        raise BadToken from None


def _said(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its name, or by the way to it, as in `realm_access.roles`."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


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
