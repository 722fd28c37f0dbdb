"""Signal proofs: the sender of a signal to an order, signed for a limited time (JWT, RFC 7519, HS256).

The key is derived from `JIESU_SECRET_KEY`, so that neither a person's token nor a link to a file is valid as a proof,
nor a proof as one of them. Of comma-separated secrets the first signs and all verify.
"""

import time
from secrets import token_urlsafe
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import ValidationError

from domain.access.signal_proof import Claims, VerifiedProof, digest_of
from domain.words import Role

ALGORITHM: Final = "HS256"
AUDIENCE: Final = "signal"
PURPOSE: Final = b"jiesu signal proof"
LONGEST: Final = 4000
"""Maximum length of a proof in characters; genuine ones are far shorter."""


class Proofs:
    """Signs and verifies proofs. `life` is a proof's lifetime in seconds; `bare` accepts signals without a proof."""

    def __init__(self, secret: str, life: int, *, bare: bool) -> None:
        self._keys = [_derived(key) for key in map(str.strip, secret.split(",")) if key]
        self._life = life
        self._bare = bare

    def sign(self, order: str, signal: str, body: dict[str, Any], *, by: Role, person: str) -> str:
        """A proof of this signal, with a nonce of its own. `body` must be JSON, exactly as the order will read it."""
        claims = Claims(
            order=order,
            signal=signal,
            digest=digest_of(body),
            by=by,
            person=person,
            nonce=token_urlsafe(12),
            expires=int(time.time()) + self._life,
        )
        said = claims.model_dump(mode="json", exclude={"expires"}) | {"aud": AUDIENCE, "exp": claims.expires}
        return jwt.encode(said, self._keys[0], algorithm=ALGORITHM)

    def verify(self, proof: str | None) -> VerifiedProof:
        """Whether a proof is genuine and unexpired; never raises."""
        at = int(time.time())
        if proof is None:
            return VerifiedProof(standing="none", bare=self._bare, at=at)
        for key in self._keys if len(proof) <= LONGEST else ():
            try:
                said = jwt.decode(
                    proof, key, algorithms=[ALGORITHM], audience=AUDIENCE, options={"require": ["exp", "aud"]}
                )
                claims = Claims.model_validate({**_without(said, "aud", "exp"), "expires": said["exp"]})
            except jwt.ExpiredSignatureError:
                return VerifiedProof(standing="expired", bare=self._bare, at=at)
            except (jwt.InvalidTokenError, ValidationError, ValueError):
                continue
            return VerifiedProof(standing="good", claims=claims, bare=self._bare, at=at)
        return VerifiedProof(standing="forged", bare=self._bare, at=at)


def _without(claims: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if name not in names}


def _derived(secret: str) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=PURPOSE).derive(secret.encode())
