"""Password rules, and the roles that need a second factor.

NIST SP 800-63B, 3.1.1.2: a password is long enough and not guessable. Kinds of characters are not prescribed: such a
rule only yields `Passw0rd!`. This file lists words that are guessable in this project and in China;
`adapters.auth.password_strength` recognises what is guessable everywhere.
"""

import re
import unicodedata
from typing import Final

from domain.words import Role

SHORTEST: Final = 10
LONGEST: Final = 200
"""Characters of any kind. The digest takes the same time for every length."""

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
"""Roles that sign for others, see confidential orders or create accounts."""

GUESSABLE: Final = "口令过于常见或容易猜到，请换一个"

_WORDS: Final = """
    jiesu temporal hotline rexian zhengfu government mima mimamima wodemima woaini woaiwojia woainima nihao zhongguo
    woshishui wangyi tencent weixin taobao alibaba baidu huawei xiaomi lenovo admin qq 密码 口令 热线 接诉 管理员 政府
"""
WORDS: Final = tuple(_WORDS.split())
"""Words of this project, and the commonest words of Chinese password lists that Western lists lack."""

_PHRASES: Final = """
    correcthorsebatterystaple iamtheadministrator wodemimashi wodemimashimima jintiantianqihenhao
"""
PHRASES: Final = frozenset(_PHRASES.split())
"""Passwords that are long enough but widely known."""

_PERSONAL_NUMBER: Final = re.compile(r"1\d{10}|\d{17}[\dx]|(?:19|20)\d{6}(?:\d{2,6})?", re.ASCII)
_APART: Final = re.compile(r"[\W_]+")
SHORTEST_NAME: Final = 4
"""Shorter names are not searched for in a password: they may occur by chance."""


def canonical_form(text: str) -> str:
    """The canonical form (NFKC, so full width too) in which user names are stored and looked up."""
    return unicodedata.normalize("NFKC", text)


def weakness(password: str, username: str) -> str | None:
    """The reason in Chinese to reject this password for this user, without repeating it; None if no rule here does.

    Whether it can be guessed anyway is checked by `adapters.auth.password_strength`.
    """
    if len(unicodedata.normalize("NFC", password)) < SHORTEST:
        return f"口令至少 {SHORTEST} 个字符"
    if len(password) > LONGEST:
        return f"口令至多 {LONGEST} 个字符"
    if not password.isprintable():
        return "口令不能含有控制字符"
    folded, name = canonical_form(password).casefold(), canonical_form(username).casefold()
    if _holds(folded, name) or _holds(_APART.sub("", folded), _APART.sub("", name)):
        return "口令不能包含用户名"
    bare = "".join(folded.split())
    return GUESSABLE if bare in PHRASES or _PERSONAL_NUMBER.fullmatch(bare) else None


def _holds(password: str, name: str) -> bool:
    return len(name) >= SHORTEST_NAME and (name in password or name[::-1] in password)
