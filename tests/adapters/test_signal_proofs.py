"""Signal proofs are signed and verified with one secret, and no similar one."""

import time
from datetime import timedelta
from typing import Any

import jwt
import pytest

from adapters.auth import tokens
from adapters.auth.signal_proofs import AUDIENCE, LONGEST, Proofs
from adapters.files import signed_links
from adapters.settings.settings import Settings
from domain.access.signal_proof import digest_of
from domain.words import Role

SECRET = "a-secret-of-the-tests-that-is-long-enough-0123456789"  # noqa: S105
BODY: dict[str, Any] = {"approval": "A1", "decision": "approve"}


def proofs(secret: str = SECRET, life: int = 60, *, bare: bool = False) -> Proofs:
    return Proofs(secret, life, bare=bare)


def signed(by: Proofs) -> str:
    return by.sign("20261123-000001", "decide", BODY, by=Role.REVIEWER, person="wang")


def test_what_was_signed_is_found_again() -> None:
    before = int(time.time())
    verified = proofs().verify(signed(proofs()))
    assert verified.standing == "good" and verified.claims is not None
    said = verified.claims
    assert (said.order, said.signal, said.digest) == ("20261123-000001", "decide", digest_of(BODY))
    assert (said.by, said.person) == (Role.REVIEWER, "wang")
    assert before + 60 <= said.expires <= verified.at + 60


def test_no_two_proofs_are_the_same() -> None:
    assert len({proofs().verify(signed(proofs())).claims for _ in range(20)}) == 20


def test_a_proof_is_over_after_its_life() -> None:
    assert proofs().verify(signed(proofs(life=-1))).standing == "expired"


def test_none_and_bare() -> None:
    assert proofs().verify(None).model_dump(include={"standing", "bare"}) == {"standing": "none", "bare": False}
    assert proofs(bare=True).verify(None).bare


def test_keys_are_rotated() -> None:
    old = signed(proofs("old-" + SECRET))
    assert proofs(f"{SECRET}, old-{SECRET}").verify(old).standing == "good"
    assert proofs().verify(old).standing == "forged"
    assert proofs().verify(signed(proofs(f"{SECRET},old-{SECRET}"))).standing == "good"


def _forgeries() -> dict[str, str]:
    head, body, tail = signed(proofs()).split(".")
    claims = jwt.decode(f"{head}.{body}.{tail}", options={"verify_signature": False})
    identity = tokens.Identity(sub="wang", role=Role.REVIEWER)
    return {
        "empty": "",
        "garbage": "a.b.c",
        "half": head,
        "not text": "\udcff",
        "too long": "x" * (LONGEST + 1),
        "altered": f"{head}.{body[:-2]}{'AA' if body[-2:] != 'AA' else 'BB'}.{tail}",
        "unsigned": f"{head}.{body}.",
        "alg none": jwt.encode(claims, "", algorithm="none"),
        "signed with the secret itself": jwt.encode(claims, SECRET, algorithm="HS256"),
        "a token": tokens.issue(identity, SECRET),
        "a link": signed_links.signed(signed_links.SignedLink(file="F1", purpose="view"), SECRET, timedelta(minutes=1)),
        "without claims": jwt.encode({"aud": AUDIENCE, "exp": claims["exp"]}, SECRET, algorithm="HS256"),
    }


@pytest.mark.parametrize("what", _forgeries())
def test_nothing_else_is_a_proof(what: str) -> None:
    verified = proofs(bare=True).verify(_forgeries()[what])
    assert (verified.standing, verified.claims) == ("forged", None)


def test_a_proof_opens_no_other_door() -> None:
    with pytest.raises(tokens.BadToken):
        tokens.read(signed(proofs()), SECRET)
    with pytest.raises(signed_links.BadLink):
        signed_links.opened(signed(proofs()), SECRET)


@pytest.mark.parametrize(
    ("values", "bare"),
    [
        ({}, True),
        ({"JIESU_ENV": "production"}, False),
        ({"JIESU_BARE_SIGNALS": "false"}, False),
        ({"JIESU_ENV": "production", "JIESU_BARE_SIGNALS": "true"}, True),
    ],
    ids=str,
)
def test_bare_signals_are_for_development(values: dict[str, str], bare: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JIESU_ENV", "JIESU_BARE_SIGNALS"):
        monkeypatch.delenv(name, raising=False)
    assert Settings.model_validate(values).takes_bare_signals is bare
