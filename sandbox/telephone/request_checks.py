"""Validation of new messages and calls, with Twilio's error codes."""

import re
from urllib.parse import urlsplit

from sandbox.telephone.twilio_formats import TwilioError, refusal

_NUMBER = re.compile(r"\+?\d{3,15}")


def is_number(text: str) -> bool:
    """Whether the text has the form of a telephone number."""
    return bool(_NUMBER.fullmatch(text))


def check_numbers(to: str, sender: str) -> None:
    """Raise Twilio's error for a missing or malformed number."""
    if not to:
        raise TwilioError(400, 21604, "A 'To' phone number is required.")
    if not is_number(to):
        raise refusal(21211, to)
    if not sender:
        raise TwilioError(400, 21603, "A 'From' phone number is required.")
    if not is_number(sender):
        raise TwilioError(400, 21212, f"Invalid 'From' Phone Number: {sender}")


def check_url(name: str, url: str, code: int) -> None:
    """Raise Twilio's error for a malformed URL; an empty one counts as left out."""
    try:
        parts = urlsplit(url)
        right = not url or (parts.scheme in {"http", "https"} and bool(parts.hostname))
    except ValueError:
        right = False
    if not right:
        raise TwilioError(400, code, f"The '{name}' URL {url} is not a valid URL.")


def check_method(name: str, method: str) -> None:
    """Raise Twilio's error for an unsupported HTTP method."""
    if method not in {"GET", "POST"}:
        raise TwilioError(400, 20001, f"Invalid {name}: {method}")
