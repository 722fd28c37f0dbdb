"""Telephone numbers in E.164, by the rules of each country in the library `phonenumbers`."""

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
    """A number in E.164, and codes for why no text or no call can reach it, empty if it can."""

    e164: str
    no_text: str = ""
    no_call: str = ""


def read(written: str) -> Number:
    """Parse a number as it was written; without a country code it is China's.

    An invalid number keeps its digits and can be neither texted nor called.
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
    """`+`, country, digits; for an invalid number only its digits."""
    return read(written).e164


def _digits(written: str) -> str:
    sign = "+" if written.strip().startswith("+") else ""
    return sign + "".join(character for character in written if character.isdecimal())
