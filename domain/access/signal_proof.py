"""The proof that a signal comes from somebody who may send it: its claims, and their check (ADR 22).

Anybody who reaches Temporal can signal an order. The API therefore adds a proof to its signals: signed, short-lived,
valid once, for one signal to one order. Verifying the signature needs a key and a clock and is done by an injected
verifier (`VerifiedProof`); this file compares the signed claims with the signal.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final, Literal

from domain.permissions import require
from domain.refusal import Code, Refused
from domain.words import Frozen, Role

FIELD: Final = "proof"
"""The key of the proof in the body of a signal."""

MAX_USED_NONCES: Final = 2000
"""Used proofs that one order remembers at a time: far more than people send within the lifetime of a proof."""

MAX_CLOCK_SKEW: Final = 300
"""Seconds by which the clocks of two verifiers may differ: one may still accept a proof that has expired for another.
"""

Standing = Literal["good", "none", "forged", "expired"]
WHY: Final[Mapping[Standing, str]] = {
    "none": "信号没有附带身份凭证，请通过系统办理",
    "forged": "信号所附的身份凭证无效",
    "expired": "信号所附的身份凭证已过期，请重新办理",
}


class Claims(Frozen):
    """The signed claims. `digest` covers the whole body of the signal; `expires` in whole seconds since 1970."""

    order: str
    signal: str
    digest: str
    by: Role
    person: str
    nonce: str
    expires: int


class VerifiedProof(Frozen):
    """The verifier's result at a moment (seconds since 1970), and whether it allowed signals without a proof."""

    standing: Standing
    claims: Claims | None = None
    bare: bool = False
    at: int = 0


def split_proof(body: Any) -> tuple[Any, str | None]:
    """The body of a signal without its proof, and the proof: None if there is none, empty if it cannot be one."""
    if not isinstance(body, dict) or FIELD not in body:
        return body, None
    proof = body[FIELD]
    return {key: value for key, value in body.items() if key != FIELD}, proof if isinstance(proof, str) else ""


def digest_of(body: Any) -> str:
    """SHA-256 (FIPS 180-4) of a body as canonical JSON, in hexadecimal."""
    return sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def check(
    verified: VerifiedProof, order: str, signal: str, body: Any, used_nonces: Mapping[str, int]
) -> dict[str, int]:
    """The used proofs including this one: expiry by nonce, without the expired ones.

    Raises Refused: `not_permitted` without a valid proof of this signal to this order by a role that may send it, or
    if the proof was used before; `limit_reached` if no further proof can be remembered.
    """
    if verified.standing == "none" and verified.bare:
        return dict(used_nonces)
    claims = verified.claims
    if verified.standing != "good" or claims is None:
        raise Refused(Code.NOT_PERMITTED, WHY.get(verified.standing, WHY["forged"]))
    if (claims.order, claims.signal, claims.digest) != (order, signal, digest_of(body)):
        raise Refused(Code.NOT_PERMITTED, "身份凭证与信号的内容不符")
    require(signal, claims.by)
    if claims.nonce in used_nonces:
        raise Refused(Code.NOT_PERMITTED, "身份凭证已用过，不能重复使用")
    left = {nonce: expires for nonce, expires in used_nonces.items() if expires + MAX_CLOCK_SKEW >= verified.at}
    if len(left) >= MAX_USED_NONCES:
        raise Refused(Code.LIMIT_REACHED, "短时间内的审批过多，请稍后再办")
    return left | {claims.nonce: claims.expires}
