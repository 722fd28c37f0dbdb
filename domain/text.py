"""The record of a text that a person wrote.

Free text never enters Temporal (docs/architecture.md#what-is-stored-where): payloads carry this record, the words are
stored encrypted in the database under `document`.
"""

import re
import unicodedata
from collections.abc import Iterable

from domain.words import Frozen

MEANINGFUL = 4
"""Characters that must remain after every empty phrase is removed from a text (DL-05)."""

_NOISE = re.compile(r"[\W_]+")


class Text(Frozen):
    """A stored text: its document id, how many characters of substance it has, and what was found in it.

    `vague`: nothing of substance remains beside empty phrases (DL-05, DL-08).
    `duplicate_of`: number of the order in which the same words were already used as a reply (DL-10); empty if that
    order must not be named here, None if there is none.
    """

    document: str
    length: int
    vague: bool = False
    duplicate_of: str | None = None


def normalised(text: str) -> str:
    """The text without width variants, case, white space and punctuation, so that copies compare equal."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).casefold()


def is_vague(text: str, phrases: Iterable[str]) -> bool:
    """Whether a text says nothing but `phrases`, which are removed longest first (DL-05).

    A text without any of the phrases is never vague, however short.
    """
    rest = whole = normalised(text)
    for phrase in sorted((normalised(p) for p in phrases), key=len, reverse=True):
        rest = rest.replace(phrase, "")
    return rest != whole and len(rest) < MEANINGFUL


def measure(text: str, document: str, phrases: Iterable[str] = (), duplicate_of: str | None = None) -> Text:
    """The record of `text`; `document` is the id under which the words are stored."""
    return Text(
        document=document,
        length=len(normalised(text)),
        vague=is_vague(text, phrases),
        duplicate_of=duplicate_of,
    )
