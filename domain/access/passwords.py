"""What a password must not be, and who needs more than one.

NIST SP 800-63B, 3.1.1.2: long enough, not guessable, and no rule about kinds of characters, which only makes people
write `Passw0rd!`. `adapters.auth.password_strength` knows what is guessable everywhere; what is guessable here stands
below.
"""

import re
import unicodedata
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

GUESSABLE: Final = "口令过于常见或容易猜到，请换一个"

_WORDS: Final = """
    jiesu temporal hotline rexian zhengfu government mima mimamima wodemima woaini woaiwojia woainima nihao zhongguo
    woshishui wangyi tencent weixin taobao alibaba baidu huawei xiaomi lenovo admin qq 密码 口令 热线 接诉 管理员 政府
"""
WORDS: Final = tuple(_WORDS.split())
"""Words of this house and of China that stand at the head of its lists of passwords, and on no list of the West."""

_PHRASES: Final = """
    correcthorsebatterystaple iamtheadministrator wodemimashi wodemimashimima jintiantianqihenhao
"""
PHRASES: Final = frozenset(_PHRASES.split())
"""What looks long enough and is known to everybody."""

_PERSONAL_NUMBER: Final = re.compile(r"1\d{10}|\d{17}[\dx]|(?:19|20)\d{6}(?:\d{2,6})?", re.ASCII)
_APART: Final = re.compile(r"[\W_]+")
SHORTEST_NAME: Final = 4
"""A name that is shorter may occur in a password by chance."""


def one_form(text: str) -> str:
    """The one form of what can be typed in several, full width too (NFKC): names are kept and looked up in it."""
    return unicodedata.normalize("NFKC", text)


def weakness(password: str, username: str) -> str | None:
    """Why this password will not do for this user, in Chinese and without repeating it; None if nothing here says so.

    What is left to ask is whether it can be guessed anyway: `adapters.auth.password_strength`.
    """
    if len(unicodedata.normalize("NFC", password)) < SHORTEST:
        return f"口令至少 {SHORTEST} 个字符"
    if len(password) > LONGEST:
        return f"口令至多 {LONGEST} 个字符"
    if not password.isprintable():
        return "口令不能含有控制字符"
    folded, name = one_form(password).casefold(), one_form(username).casefold()
    if _holds(folded, name) or _holds(_APART.sub("", folded), _APART.sub("", name)):
        return "口令不能包含用户名"
    bare = "".join(folded.split())
    return GUESSABLE if bare in PHRASES or _PERSONAL_NUMBER.fullmatch(bare) else None


def _holds(password: str, name: str) -> bool:
    return len(name) >= SHORTEST_NAME and (name in password or name[::-1] in password)
