"""What the public may read of a text that a citizen wrote: no names, no numbers by which somebody can be found."""

import re
from collections.abc import Iterable

HIDDEN = "***"
SHORTEST_NAME = 2
"""A single character is a word like any other, and hiding it would hole the text."""

_DATE = r"(?:19|20)\d\d[-./]\d\d?[-./]\d\d?(?!\d)"
_BETWEEN = r"[\s\-‐-―−－_＿./．·／()（）]{0,3}"
_NUMBERS = re.compile(rf"(?<!\d)(?!{_DATE})\+?\d(?:{_BETWEEN}\d){{6,}}[Xx]?")
"""Seven digits and more, whatever stands around or between them: telephones, identity cards, bank cards. No dates."""
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def public_text(text: str, names: Iterable[str | None] = ()) -> str:
    """The text with `names`, addresses of mail and long numbers hidden."""
    for name in sorted({name for name in names if name and len(name) >= SHORTEST_NAME}, key=len, reverse=True):
        text = text.replace(name, HIDDEN)
    return _NUMBERS.sub(HIDDEN, _MAIL.sub(HIDDEN, text))
