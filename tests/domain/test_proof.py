"""Signal proofs: the claims that a signal needs; the verifier checks the signature."""

from typing import Any

import pytest

from domain.access.signal_proof import (
    MAX_CLOCK_SKEW,
    MAX_USED_NONCES,
    Claims,
    VerifiedProof,
    check,
    digest_of,
    split_proof,
)
from domain.refusal import Refused
from domain.words import Role

BODY: dict[str, Any] = {"approval": "A1", "decision": "approve", "as": "reviewer", "person": "wang", "until": None}
NOW = 1_790_000_000


def good(**changes: Any) -> VerifiedProof:
    said = {
        "order": "20261123-000001",
        "signal": "decide",
        "digest": digest_of(BODY),
        "by": Role.REVIEWER,
        "person": "wang",
        "nonce": "n1",
        "expires": NOW + 60,
    }
    return VerifiedProof(standing="good", claims=Claims.model_validate(said | changes), at=NOW)


def heard(
    verified: VerifiedProof, body: Any = BODY, used_nonces: dict[str, int] | None = None, signal: str = "decide"
) -> Any:
    return check(verified, "20261123-000001", signal, body, used_nonces or {})


def refused(*args: Any, **more: Any) -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        heard(*args, **more)
    return caught.value.code.value, caught.value.reason


def test_a_good_proof_is_spent() -> None:
    assert heard(good()) == {"n1": NOW + 60}


def test_a_spent_proof_is_refused_until_its_life_is_over_and_then_forgotten() -> None:
    assert refused(good(), used_nonces={"n1": NOW + 60}) == ("not_permitted", "身份凭证已用过，不能重复使用")
    over = NOW - MAX_CLOCK_SKEW
    assert heard(good(nonce="n2"), used_nonces={"n1": over, "n0": over - 1}) == {"n1": over, "n2": NOW + 60}


@pytest.mark.parametrize(
    "changes", [{"order": "20261123-000002"}, {"signal": "adopt_policy"}, {"digest": digest_of({})}], ids=str
)
def test_a_proof_of_something_else_is_refused_and_not_spent(changes: dict[str, str]) -> None:
    assert refused(good(**changes)) == ("not_permitted", "身份凭证与信号的内容不符")


@pytest.mark.parametrize("field", BODY)
def test_whatever_is_changed_in_the_body_the_proof_is_no_longer_of_it(field: str) -> None:
    assert refused(good(), BODY | {field: "x"})[0] == "not_permitted"
    assert refused(good(), {name: value for name, value in BODY.items() if name != field})[0] == "not_permitted"
    assert refused(good(), BODY | {"more": 1})[0] == "not_permitted"


def test_bare_signals_are_heard_where_that_is_allowed() -> None:
    assert heard(VerifiedProof(standing="none", bare=True, at=NOW), used_nonces={"n1": 5}) == {"n1": 5}
    assert refused(VerifiedProof(standing="none", at=NOW))[0] == "not_permitted"


@pytest.mark.parametrize("standing", ["forged", "expired"])
def test_a_bad_proof_is_worse_than_none(standing: Any) -> None:
    assert refused(VerifiedProof(standing=standing, bare=True, at=NOW))[0] == "not_permitted"


def test_a_role_that_may_not_send_the_signal_cannot_prove_that_it_may() -> None:
    for signal, role in (("adopt_policy", Role.REVIEWER), ("report_undelivered", Role.ADMIN), ("decide", Role.CITIZEN)):
        assert refused(good(signal=signal, by=role), signal=signal)[0] == "not_permitted"
    assert heard(good(signal="adopt_policy", by=Role.ADMIN), signal="adopt_policy")


def test_what_is_remembered_is_bounded() -> None:
    full = {f"x{number}": NOW + 9 for number in range(MAX_USED_NONCES)}
    assert refused(good(), used_nonces=full)[0] == "limit_reached"
    full["x0"] = NOW - MAX_CLOCK_SKEW - 1
    assert len(heard(good(), used_nonces=full)) == MAX_USED_NONCES


def test_the_proof_is_parted_from_whatever_came() -> None:
    assert split_proof(BODY | {"proof": "p"}) == (BODY, "p")
    assert split_proof(BODY) == (BODY, None)
    assert split_proof(BODY | {"proof": ["p"]}) == (BODY, "")
    for body in (None, 5, "approve", [], [{"proof": "p"}]):
        assert split_proof(body) == (body, None)


def test_a_digest_does_not_depend_on_the_order_of_fields() -> None:
    assert digest_of(dict(reversed(BODY.items()))) == digest_of(BODY)
