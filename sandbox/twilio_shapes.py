"""The shapes of Twilio's REST API of 2010-04-01: bodies, errors, segments and signatures."""

import base64
import hashlib
import hmac
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from sandbox.phone_store import Call, Message

API = "2010-04-01"
_GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"
)


class TwilioError(Exception):
    """An answer with an error body: HTTP status, Twilio's own code, and words."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {
            "code": code,
            "message": message,
            "more_info": f"https://www.twilio.com/docs/errors/{code}",
            "status": status,
        }


def sign(token: str, url: str, form: Mapping[str, str]) -> str:
    """The X-Twilio-Signature of a posted form."""
    text = url + "".join(key + form[key] for key in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def segments(body: str) -> int:
    """How many SMS a text takes: 160 or 153 characters of GSM-7, 70 or 67 units of UCS-2."""
    if set(body) <= _GSM:
        length, whole, part = len(body) + sum(body.count(c) for c in "^{}\\[~]|€"), 160, 153
    else:
        length, whole, part = len(body.encode("utf-16-le")) // 2, 70, 67
    return 1 if length <= whole else math.ceil(length / part)


def rfc2822(moment: float | None) -> str | None:
    """`Thu, 24 Sep 2026 09:30:00 +0000`."""
    return None if moment is None else format_datetime(datetime.fromtimestamp(moment, UTC))


def message_body(account: str, message: Message) -> dict[str, Any]:
    """A message as the API shows it."""
    uri = f"/{API}/Accounts/{account}/Messages/{message.sid}"
    return {
        "account_sid": account,
        "api_version": API,
        "body": message.body,
        "date_created": rfc2822(message.created),
        "date_sent": rfc2822(message.sent),
        "date_updated": rfc2822(message.updated),
        "direction": message.direction,
        "error_code": None,
        "error_message": None,
        "from": message.sender,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": str(segments(message.body)),
        "price": None,
        "price_unit": "USD",
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": message.receiver,
        "uri": f"{uri}.json",
    }


def call_body(account: str, call: Call) -> dict[str, Any]:
    """A call as the API shows it."""
    uri = f"/{API}/Accounts/{account}/Calls/{call.sid}"
    return {
        "account_sid": account,
        "annotation": None,
        "answered_by": None,
        "api_version": API,
        "caller_name": None,
        "date_created": rfc2822(call.created),
        "date_updated": rfc2822(call.updated),
        "direction": "outbound-api",
        "duration": None,
        "end_time": rfc2822(call.updated) if call.status == "completed" else None,
        "forwarded_from": None,
        "from": call.sender,
        "from_formatted": call.sender,
        "group_sid": None,
        "parent_call_sid": None,
        "phone_number_sid": None,
        "price": None,
        "price_unit": "USD",
        "queue_time": "0",
        "sid": call.sid,
        "start_time": rfc2822(call.created),
        "status": call.status,
        "subresource_uris": {},
        "to": call.receiver,
        "to_formatted": call.receiver,
        "trunk_sid": None,
        "uri": f"{uri}.json",
    }
