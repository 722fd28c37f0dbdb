"""The public form of a text that a citizen wrote: names and identifying numbers are hidden."""

import re
from collections.abc import Iterable

HIDDEN = "***"
SHORTEST_NAME = 2
"""A single character is also an ordinary word: hiding it would damage the text."""

_DATE = r"(?:19|20)\d\d[-./]\d\d?[-./]\d\d?(?!\d)"
_BETWEEN = r"[\s\-‐-―−－_＿./．·／()（）]{0,3}"
_NUMBERS = re.compile(rf"(?<!\d)(?!{_DATE})\+?\d(?:{_BETWEEN}\d){{6,}}[Xx]?")
"""Seven or more digits, with or without separators: telephone, identity card and bank card numbers, but no dates."""
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def public_text(text: str, names: Iterable[str | None] = ()) -> str:
    """The text with `names`, e-mail addresses and long numbers hidden."""
    for name in sorted({name for name in names if name and len(name) >= SHORTEST_NAME}, key=len, reverse=True):
        text = text.replace(name, HIDDEN)
    return _NUMBERS.sub(HIDDEN, _MAIL.sub(HIDDEN, text))
