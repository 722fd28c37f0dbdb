"""Passwords that attackers try first are refused, and those that people can remember are not."""

import pytest

from domain.credentials import weakness


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "九个字的口令不够长",
        "x" * 201,
        "with\x00control-character",
        "Password2026!",
        "P@ssw0rd2026",
        "Admin@123456",
        "a123456789",
        "qq1314520!!",
        "热线123456789",
        "aaaaaaaaaaaa",
        "abababababab",
        "abc123abc123",
        "0987654321",
        "qwertyuiop",
        "1qaz2wsx3edc",
        "asdfghjkl;zx",
        "13912345678",
        "110101199001011234",
        "19900101123456",
        "correct horse battery staple",
        "my name is zhang.wei",
        "iew.gnahz backwards",
    ],
)
def test_what_can_be_guessed_is_refused_without_being_repeated(password: str) -> None:
    reason = weakness(password, "zhang.wei")
    assert reason
    assert password not in reason


@pytest.mark.parametrize(
    "password",
    [
        "lampen am deich",
        "窗外的槐树又开花了呀",
        "tr0ubador&3 boats",
        "k7Qz-mm2P_x9",
        "北山的admin喜欢喝茶",
        "8402 6175 33",
        "an-open-secret-of-the-tests",
        "seven herons stood along the dyke that evening, and nobody but the ferryman saw them",
    ],
)
def test_no_kind_of_character_is_asked_for(password: str) -> None:
    assert weakness(password, "zhang.wei") is None


def test_a_name_of_three_letters_may_occur_by_chance() -> None:
    assert weakness("sixty blue lions", "six") is None
