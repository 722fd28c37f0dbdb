"""Signatures between county and city platform, with sender and time, the same in both directions.

X-City-Timestamp: seconds since 1970, UTC
X-City-Message: the id of the message, of [A-Za-z0-9_:-], the same however often it is sent
X-City-Signature: lower-case hex of HMAC-SHA256(secret, timestamp LF id LF body); for a GET the query replaces the body

An intercepted message can be replayed for `SKEW` only, and within that its id reveals the repetition.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Final

TIMESTAMP: Final = "X-City-Timestamp"
MESSAGE: Final = "X-City-Message"
SIGNATURE: Final = "X-City-Signature"
SKEW: Final = 300
"""Allowed seconds between the timestamp and this clock, for clock difference and transit."""

MESSAGE_ID: Final = r"^[A-Za-z0-9_:-]{1,120}$"

_ID: Final = re.compile(MESSAGE_ID, re.ASCII)
_SECONDS: Final = re.compile(r"\d{1,12}", re.ASCII)


class BadSignature(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The message is not from the other side, or not recent. The text says which, in Chinese."""


def signature(secret: str, timestamp: str, message: str, content: bytes) -> str:
    """The value of `X-City-Signature`."""
    return hmac.new(secret.encode(), f"{timestamp}\n{message}\n".encode() + content, hashlib.sha256).hexdigest()


def signed(secrets: str, message: str, content: bytes, now: float) -> dict[str, str]:
    """The three headers of a message sent now; of several secrets the first signs."""
    timestamp = str(int(now))
    return {
        TIMESTAMP: timestamp,
        MESSAGE: message,
        SIGNATURE: signature(secrets.partition(",")[0].strip(), timestamp, message, content),
    }


def verified(secrets: str, headers: Mapping[str, str], content: bytes, now: float) -> str:
    """The id of a message that is signed with one of the comma-separated secrets. Raises BadSignature."""
    timestamp, message = headers.get(TIMESTAMP, ""), headers.get(MESSAGE, "")
    given = headers.get(SIGNATURE, "")
    if _SECONDS.fullmatch(timestamp) is None or _ID.fullmatch(message) is None or not given:
        raise BadSignature(f"缺少 {TIMESTAMP}、{MESSAGE}、{SIGNATURE}，或格式不符")
    # Every secret is tried even after a match, so that the time reveals nothing.
    fits = [
        hmac.compare_digest(signature(each.strip(), timestamp, message, content).encode(), given.encode())
        for each in secrets.split(",")
        if each.strip()
    ]
    if not any(fits):
        raise BadSignature("签名不正确")
    if abs(now - int(timestamp)) > SKEW:
        raise BadSignature(f"时间戳与本机相差超过 {SKEW} 秒")
    return message
