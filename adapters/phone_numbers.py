"""Telephone numbers in E.164, by the rules of each country in the library `phonenumbers`."""

import unicodedata

import phonenumbers

from domain.citizen.outbound_records import PhoneNumber

COUNTRY = "CN"
_TEXTABLE = frozenset(
    {
        phonenumbers.PhoneNumberType.MOBILE,
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
        phonenumbers.PhoneNumberType.UNKNOWN,
    }
)


def parse_number(written: str) -> PhoneNumber:
    """Parse a number as it was written; without a country code it is China's.

    An invalid number keeps its digits and can be neither texted nor called.
    """
    written = unicodedata.normalize("NFKC", written)
    try:
        parsed = phonenumbers.parse(written, COUNTRY)
    except phonenumbers.NumberParseException:
        return PhoneNumber(_digits(written), "invalid_number", "invalid_number")
    if not phonenumbers.is_valid_number(parsed):
        return PhoneNumber(_digits(written), "invalid_number", "invalid_number")
    kept = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return PhoneNumber(kept, "" if phonenumbers.number_type(parsed) in _TEXTABLE else "not_mobile")


def e164(written: str) -> str:
    """`+`, country, digits; for an invalid number only its digits."""
    return parse_number(written).e164


def _digits(written: str) -> str:
    sign = "+" if written.strip().startswith("+") else ""
    return sign + "".join(character for character in written if character.isdecimal())
