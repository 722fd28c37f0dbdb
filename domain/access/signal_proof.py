"""The proof that a signal comes from somebody who may send it: what it has to say, and what it is held against.

A signal reaches an order from anywhere that Temporal is reached from. The API puts a proof beside its own: signed,
soon over, about one signal to one order, and good once. Whether a signature is good needs a key and a clock, so
that an injected verifier says so (`VerifiedProof`); whether what was signed is what the signal says is decided here.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final, Literal

from domain.permissions import require
from domain.refusal import Code, Refused
from domain.words import Frozen, Role

FIELD: Final = "proof"
"""Where a proof stands in the body of a signal."""

MOST_SPENT: Final = 2000
"""Proofs that one order remembers at a time: far more than people give in the life of a proof."""

CLOCKS_APART: Final = 300
"""Seconds by which the clocks of two verifiers may differ: what one holds for over, another may still let in."""

Standing = Literal["good", "none", "forged", "expired"]
WHY: Final[Mapping[Standing, str]] = {
    "none": "信号没有附带身份凭证，请通过系统办理",
    "forged": "信号所附的身份凭证无效",
    "expired": "信号所附的身份凭证已过期，请重新办理",
}


class Claims(Frozen):
    """What is signed. `digest` covers the whole body of the signal; `expires` in whole seconds since 1970."""

    order: str
    signal: str
    digest: str
    by: Role
    person: str
    nonce: str
    expires: int


class VerifiedProof(Frozen):
    """What the verifier found at a moment (seconds since 1970), and whether bare signals were allowed there then."""

    standing: Standing
    claims: Claims | None = None
    bare: bool = False
    at: int = 0


def parted(body: Any) -> tuple[Any, str | None]:
    """The body of a signal without its proof, and the proof: None without one, and empty for what cannot be one."""
    if not isinstance(body, dict) or FIELD not in body:
        return body, None
    proof = body[FIELD]
    return {key: value for key, value in body.items() if key != FIELD}, proof if isinstance(proof, str) else ""


def digest_of(body: Any) -> str:
    """SHA-256 (FIPS 180-4) of a body as canonical JSON, in hexadecimal."""
    return sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def check(vouched: VerifiedProof, order: str, signal: str, body: Any, spent: Mapping[str, int]) -> dict[str, int]:
    """The proofs that are spent after this one: expiry by nonce, those that are over left out.

    Raises Refused: `not_permitted` without a good proof of this signal to this order by a role that may send it, or
    with one that was given before; `limit_reached` when too many are remembered to take another.
    """
    if vouched.standing == "none" and vouched.bare:
        return dict(spent)
    claims = vouched.claims
    if vouched.standing != "good" or claims is None:
        raise Refused(Code.NOT_PERMITTED, WHY.get(vouched.standing, WHY["forged"]))
    if (claims.order, claims.signal, claims.digest) != (order, signal, digest_of(body)):
        raise Refused(Code.NOT_PERMITTED, "身份凭证与信号的内容不符")
    require(signal, claims.by)
    if claims.nonce in spent:
        raise Refused(Code.NOT_PERMITTED, "身份凭证已用过，不能重复使用")
    left = {nonce: expires for nonce, expires in spent.items() if expires + CLOCKS_APART >= vouched.at}
    if len(left) >= MOST_SPENT:
        raise Refused(Code.LIMIT_REACHED, "短时间内的审批过多，请稍后再办")
    return left | {claims.nonce: claims.expires}
