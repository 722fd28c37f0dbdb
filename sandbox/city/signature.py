"""The signature between city platform and county (docs/city-platform.md), on the platform's side."""

import hashlib
import hmac
import time

from fastapi import HTTPException, Request

SKEW = 300  # seconds


def signature(secret: str, timestamp: str, message: str, content: bytes) -> str:
    """Lower-case hex of HMAC-SHA256 over timestamp, id and content, with a line feed between."""
    text = b"\n".join([timestamp.encode(), message.encode(), content])
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


def headers(secret: str, message: str, content: bytes) -> dict[str, str]:
    """The headers of a message that is sent now."""
    timestamp = str(int(time.time()))
    return {
        "X-City-Timestamp": timestamp,
        "X-City-Message": message,
        "X-City-Signature": signature(secret, timestamp, message, content),
    }


async def checked(secret: str, request: Request) -> tuple[str, bytes]:
    """The id and the body of a request signed by the county; a GET is signed without a body. Raises 401."""
    body = await request.body()
    content = body if request.method == "POST" else request.url.query.encode()
    timestamp = request.headers.get("X-City-Timestamp", "")
    message = request.headers.get("X-City-Message", "")
    right = signature(secret, timestamp, message, content)
    given = request.headers.get("X-City-Signature", "")
    if not message or not hmac.compare_digest(right.encode(), given.encode()):
        raise HTTPException(401, "签名不正确")
    if not timestamp.isdecimal() or abs(time.time() - int(timestamp)) > SKEW:
        raise HTTPException(401, "时间戳不正确")
    return message, body
