"""Checks of a new password without an estimate of its strength."""

import pytest

from domain.access.passwords import LONGEST, canonical_form, weakness


@pytest.mark.parametrize(
    ("password", "about"),
    [
        ("short", "至少"),
        ("九个字的口令不够长", "至少"),
        ("e\u0301" * 9, "至少"),
        ("x" * (LONGEST + 1), "至多"),
        ("with\x00control-character", "控制字符"),
        ("my name is zhang.wei", "用户名"),
        ("iew.gnahz backwards", "用户名"),
        ("ZhangWei likes herons", "用户名"),
        ("ｚｈａｎｇｗｅｉ的小船", "用户名"),
        ("13912345678", "猜到"),
        ("110101199001011234", "猜到"),
        ("19900101123456", "猜到"),
        ("correct horse battery staple", "猜到"),
    ],
)
def test_what_will_not_do_is_refused_without_being_repeated(password: str, about: str) -> None:
    reason = weakness(password, "zhang.wei")
    assert reason and about in reason
    assert password not in reason


def test_a_name_of_three_letters_may_occur_by_chance() -> None:
    assert weakness("sixty blue lions", "six") is None


def test_a_name_typed_in_full_width_is_the_same_name() -> None:
    assert canonical_form("ｚｈａｎｇ．ｗｅｉ＠张") == "zhang.wei@张"
