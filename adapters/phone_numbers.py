"""Telephone numbers as networks know them, by the rules that `phonenumbers` keeps of every country."""

import unicodedata
from typing import NamedTuple

import phonenumbers

COUNTRY = "CN"
_TEXTABLE = frozenset(
    {
        phonenumbers.PhoneNumberType.MOBILE,
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
        phonenumbers.PhoneNumberType.UNKNOWN,
    }
)


class Number(NamedTuple):
    """A number in E.164, and why no text or no call can go there: a code, empty if it can."""

    e164: str
    no_text: str = ""
    no_call: str = ""


def read(written: str) -> Number:
    """The number as somebody wrote it; without a country it is China's.

    What is no number of any country keeps its digits and can be neither texted nor called.
    """
    written = unicodedata.normalize("NFKC", written)
    try:
        parsed = phonenumbers.parse(written, COUNTRY)
    except phonenumbers.NumberParseException:
        return Number(_digits(written), "invalid_number", "invalid_number")
    if not phonenumbers.is_valid_number(parsed):
        return Number(_digits(written), "invalid_number", "invalid_number")
    kept = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return Number(kept, "" if phonenumbers.number_type(parsed) in _TEXTABLE else "not_mobile")


def e164(written: str) -> str:
    """`+`, country, digits; only the digits of what is no number."""
    return read(written).e164


def _digits(written: str) -> str:
    sign = "+" if written.strip().startswith("+") else ""
    return sign + "".join(character for character in written if character.isdecimal())
