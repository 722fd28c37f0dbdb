"""Masks the name, telephone number and address of a citizen, and removes them from texts (NA-06, HK-17)."""

import re
from typing import Final

from domain.access.public_text import HIDDEN, public_text

_STREET: Final = re.compile(r"\A[^\W\d]{1,20}?(?:街道|大道|[镇乡路街巷])")
_TITLES: Final = "(?:先生|女士|小姐|同志|师傅|老师|大爷|大妈|阿姨|某某?)"
_ENDS_SHOWN: Final = 7
"""Digits that a masked number shows: the first three and the last four. A shorter number is hidden entirely."""


def masked_name(name: str) -> str:
    """The first character, nearly always the surname, and a fixed number of stars: the length stays hidden."""
    return f"{name[:1]}**"


def masked_phone(phone: str) -> str:
    """`138****5678`: the first three and last four digits of a number, however it is written."""
    digits = "".join(character for character in phone if character.isalnum())
    digits = digits.removeprefix("86") if phone.startswith("+86") else digits
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) > _ENDS_SHOWN + 2 else HIDDEN


def masked_address(address: str) -> str:
    """The address up to the street or township; `***` if it names neither before the first number."""
    rest, shown = address, ""
    while found := _STREET.match(rest):
        shown, rest = shown + found[0], rest[found.end() :]
    return f"{shown}{HIDDEN}"


def unnamed(text: str, name: str | None = None, *others: str | None) -> str:
    """The text without anything that identifies the citizen: name (also with spaces or as 张女士), numbers, e-mail.

    `others` are further words to hide, such as an address.
    """
    if name and len(name) > 1:
        text = re.sub(r"\s*".join(map(re.escape, name)), HIDDEN, text)
        text = re.sub(rf"(?:{re.escape(name[:2])}|{re.escape(name[0])}){_TITLES}", HIDDEN, text)
    return public_text(text, (name, *others))
