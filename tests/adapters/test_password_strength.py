"""Password strength: common passwords are refused, memorable ones are not."""

import asyncio
import time

import pytest
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from adapters.auth.password_strength import weakness
from domain.access.passwords import SHORTEST

PLACES = ("gaotai", "rugao")


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
        "!@#$%^&*()",
        "dlrowolleh",
        "dragonmonkey1988",
        "woaiwojia520",
        "Huawei@2026",
        "rugao2026!!",
        "ｐａｓｓｗｏｒｄ１２３",
        "密码密码密码密码密码",
        "passwordpassword" * 12,
        "q1w2e3r4t5y6u7i8o9p0",
    ],
)
async def test_what_can_be_guessed_is_refused_without_being_repeated(password: str) -> None:
    reason = await weakness(password, "zhang.wei", PLACES)
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
        "-" * 40 + "lampen am deich",
    ],
)
async def test_no_kind_of_character_is_asked_for(password: str) -> None:
    assert await weakness(password, "zhang.wei", PLACES) is None


async def test_none_of_the_thirty_thousand_commonest_is_taken() -> None:
    commonest = FREQUENCY_LISTS["passwords"]
    assert len(commonest) == 30_000
    long = [password for password in commonest if len(password) >= SHORTEST]
    assert len(long) > 1000
    taken = [password for password in long if await weakness(password, "zhang.wei", PLACES) is None]
    assert taken == []


async def test_the_worst_that_can_be_sent_holds_nobody_up() -> None:
    worst = ("4@8({[<369!1|70$" + "5+%2") * 10
    begun, beats = time.process_time(), 0
    asked = asyncio.create_task(weakness(worst, "zhang.wei", PLACES))
    while not asked.done():
        await asyncio.sleep(0.001)
        beats += 1
    assert await asked is None
    assert beats > 1, "the event loop stood still"
    assert time.process_time() - begun < 2, "as much of it was read as was sent"
