"""What a password must not be, and who needs more than one.

NIST SP 800-63B, 3.1.1.2: long enough, not guessable, and no rule about kinds of characters, which only makes people
write `Passw0rd!`. Guessable is what stands on the lists that attackers try first, and what follows from the user's
name.
"""

import re
from itertools import pairwise
from typing import Final

from domain.words import Role

SHORTEST: Final = 10
LONGEST: Final = 200
"""Characters, of any kind; the digest takes as long whatever the length."""

NEED_SECOND_FACTOR: Final = frozenset(
    {
        Role.UNIT_SECTION_HEAD,
        Role.UNIT_DEPUTY_LEADER,
        Role.UNIT_PRINCIPAL_LEADER,
        Role.SUPERVISOR,
        Role.COUNTY_LEADER,
        Role.HOTLINE_DIRECTOR,
        Role.ADMIN,
    }
)
"""Who signs for others, sees what is confidential, or makes accounts."""

_WORDS: Final = """
    password passwort passwd admin administrator root user guest test tester demo welcome login letmein changeme
    changeit secret default system server manager master super superman batman dragon monkey sunshine princess football
    baseball iloveyou trustno hello shadow freedom whatever computer internet windows office oracle mysql postgres
    temporal jiesu hotline rexian government zhengfu mima mimamima woaini woaiwojia woainima wodemima nihao zhongguo
    china beijing qwerty qwertyuiop asdfgh asdfghjkl zxcvbn zxcvbnm qazwsx qazwsxedc qweasd qweasdzxc qaz abc abcd
    abcdef a aa aaa q qq p woshishui wangyi taobao alibaba baidu tencent weixin huawei xiaomi lenovo 密码 口令 热线 接诉
"""
BASES: Final = frozenset(_WORDS.split())
"""Words that stand alone, or with digits and signs around them, at the head of every list of leaked passwords."""

_PHRASES: Final = """
    correcthorsebatterystaple thisismypassword iamtheadministrator letmeinplease nopasswordneeded
    wodemimashi wodemimashimima jintiantianqihenhao 5201314520 1314520520
"""
PHRASES: Final = frozenset(_PHRASES.split())

ROWS: Final = (
    "01234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik",
    "!@#$%^&*()",
)
_SPOKEN: Final = str.maketrans("013457@$", "oleastas")
_PERSONAL_NUMBER: Final = re.compile(r"1\d{10}|\d{17}[\dx]|(?:19|20)\d{6}(?:\d{2,6})?", re.ASCII)
_NO_LETTERS: Final = re.compile(r"[\W\d_]+")
_AROUND: Final = "0123456789!#%^&*()-_=+.,?~"
RUN: Final = 4
"""So many neighbours in a row are one thing to remember, and to guess."""


def weakness(password: str, username: str) -> str | None:
    """Why this password will not do for this user, in Chinese and without repeating it; None if it will."""
    if len(password) < SHORTEST:
        return f"口令至少 {SHORTEST} 个字符"
    if len(password) > LONGEST:
        return f"口令至多 {LONGEST} 个字符"
    if not password.isprintable():
        return "口令不能含有控制字符"
    folded, name = password.casefold(), username.casefold()
    if len(name) >= RUN and (name in folded or name[::-1] in folded):
        return "口令不能包含用户名"
    return "口令过于常见或容易猜到，请换一个" if _guessable(folded) else None


def _guessable(folded: str) -> bool:
    bare = "".join(folded.split())
    if bare in PHRASES or _PERSONAL_NUMBER.fullmatch(bare):
        return True
    if len(set(bare)) < RUN or _repeats(bare) or _walked(bare):
        return True
    written, spoken = bare, bare.strip(_AROUND).translate(_SPOKEN)
    return bool({_NO_LETTERS.sub("", written), _NO_LETTERS.sub("", spoken)} & BASES)


def _repeats(text: str) -> bool:
    """Whether it is a shorter text again and again."""
    return 0 < (text + text).find(text, 1) <= len(text) // 2


def _walked(text: str) -> bool:
    """Whether less than `RUN` characters of it stand outside walks along the alphabet or the keyboard."""
    length, walked = 1, 0
    for before, after in pairwise([*text, ""]):
        if after and any(before + after in row or after + before in row for row in ROWS):
            length += 1
            continue
        walked += length if length >= RUN else 0
        length = 1
    return len(text) - walked < RUN
