"""The signature of both directions: the same vectors for county and peer, and rejected requests."""

from typing import Any

import pytest

from adapters.city import signature as ours
from sandbox.city import signature as theirs
from tests.city.examples import examples

NOW = 1795395600
BODY = b'{"id":"m-1"}'


@pytest.mark.parametrize("vector", examples("vectors"), ids=lambda vector: vector["message"])
def test_both_sides_sign_alike(vector: dict[str, Any]) -> None:
    asked = (vector["secret"], vector["timestamp"], vector["message"], vector["content"].encode())
    assert ours.signature(*asked) == theirs.signature(*asked) == vector["signature"]


def test_a_message_of_now_passes_under_any_secret_of_a_rotation() -> None:
    for mine, known in (("old", "old"), ("old,new", "new, old"), ("new,old", "old,new")):
        headers = ours.signed(mine, "m-1", BODY, NOW)
        assert ours.verified(known, headers, BODY, NOW + ours.SKEW) == "m-1"


@pytest.mark.parametrize(
    ("change", "body", "after"),
    [
        ({}, BODY + b" ", 0),
        ({ours.MESSAGE: "m-2"}, BODY, 0),
        ({ours.TIMESTAMP: str(NOW + 1)}, BODY, 0),
        ({ours.SIGNATURE: "0" * 64}, BODY, 0),
        ({ours.SIGNATURE: ""}, BODY, 0),
        ({ours.SIGNATURE: "签"}, BODY, 0),
        ({ours.TIMESTAMP: "１７９５３９５６００"}, BODY, 0),
        ({ours.TIMESTAMP: "-1"}, BODY, 0),
        ({ours.MESSAGE: "m 1"}, BODY, 0),
        ({}, BODY, ours.SKEW + 1),
        ({}, BODY, -ours.SKEW - 1),
    ],
)
def test_what_was_changed_is_strange_or_is_not_of_now_does_not_pass(
    change: dict[str, str], body: bytes, after: int
) -> None:
    headers = ours.signed("secret", "m-1", BODY, NOW)
    assert ours.verified("secret", headers, BODY, NOW) == "m-1"
    with pytest.raises(ours.BadSignature):
        ours.verified("secret", headers | change, body, NOW + after)


def test_an_empty_secret_lets_nobody_in() -> None:
    with pytest.raises(ours.BadSignature):
        ours.verified("", ours.signed("", "m-1", BODY, NOW), BODY, NOW)
