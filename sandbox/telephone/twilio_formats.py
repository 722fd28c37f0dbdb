"""Formats of Twilio's REST API of 2010-04-01: bodies, errors, segments and signatures."""

import base64
import hashlib
import hmac
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from sandbox.telephone.phone_store import Call, Message

API = "2010-04-01"
SEGMENT_PRICE, MINUTE_PRICE = 0.0507, 0.0250  # USD, roughly Twilio's prices for China
ENDED = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})
_GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"
)

_REFUSALS = {
    21211: "Invalid 'To' Phone Number: {to}",
    21214: "'To' phone number cannot be reached",
    21215: "Account not authorized to call {to}. Perhaps you need to enable some international permissions",
    21408: "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: {to}",
    21610: "Attempt to send to unsubscribed recipient",
    21612: "The 'To' phone number {to} is not currently reachable using the 'From' phone number",
    21614: "'To' number is not a valid mobile number",
}
_DELIVERY_ERRORS = {
    30001: "Queue overflow",
    30002: "Account suspended",
    30003: "Unreachable destination handset",
    30004: "Message blocked",
    30005: "Unknown destination handset",
    30006: "Landline or unreachable carrier",
    30007: "Message filtered",
    30008: "Unknown error",
}


class TwilioError(Exception):
    """An error answer: HTTP status, Twilio's error code, and a message."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {
            "code": code,
            "message": message,
            "more_info": f"https://www.twilio.com/docs/errors/{code}",
            "status": status,
        }


def refusal(code: int, to: str) -> TwilioError:
    """The permanent error for a request, by Twilio's code."""
    return TwilioError(400, code, _REFUSALS.get(code, "The request was refused").format(to=to))


def not_found(resource: str) -> TwilioError:
    """The error for an unknown id."""
    return TwilioError(404, 20404, f"The requested resource {resource} was not found")


def sign(token: str, url: str, form: Mapping[str, str]) -> str:
    """The X-Twilio-Signature of a posted form."""
    text = url + "".join(key + form[key] for key in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def segments(body: str) -> int:
    """The number of SMS segments of a text: 160 or 153 characters of GSM-7, 70 or 67 units of UCS-2."""
    if set(body) <= _GSM:
        length, whole, part = len(body) + sum(body.count(c) for c in "^{}\\[~]|€"), 160, 153
    else:
        length, whole, part = len(body.encode("utf-16-le")) // 2, 70, 67
    return 1 if length <= whole else math.ceil(length / part)


def rfc2822(moment: float | None) -> str | None:
    """`Thu, 24 Sep 2026 09:30:00 +0000`."""
    return None if moment is None else format_datetime(datetime.fromtimestamp(moment, UTC))


def message_body(account: str, message: Message) -> dict[str, Any]:
    """The API's representation of a message."""
    uri = f"/{API}/Accounts/{account}/Messages/{message.sid}"
    parts = segments(message.body)
    billed = message.direction != "inbound" and message.sent is not None
    return {
        "account_sid": account,
        "api_version": API,
        "body": message.body,
        "date_created": rfc2822(message.created),
        "date_sent": rfc2822(message.sent),
        "date_updated": rfc2822(message.updated),
        "direction": message.direction,
        "error_code": message.error,
        "error_message": None if message.error is None else _DELIVERY_ERRORS.get(message.error, "Unknown error"),
        "from": message.sender,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": str(parts),
        "price": f"{-parts * SEGMENT_PRICE:.5f}" if billed else None,
        "price_unit": "USD",
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": message.receiver,
        "uri": f"{uri}.json",
    }


def duration(call: Call) -> int | None:
    """Whole seconds from answer to end, at least 1 if it was answered; None before the end."""
    if call.ended is None:
        return None
    return max(1, round(call.ended - call.answered)) if call.answered else 0


def call_body(account: str, call: Call) -> dict[str, Any]:
    """The API's representation of a call."""
    uri = f"/{API}/Accounts/{account}/Calls/{call.sid}"
    seconds = duration(call)
    minutes = math.ceil((seconds or 0) / 60)
    return {
        "account_sid": account,
        "annotation": None,
        "answered_by": None,
        "api_version": API,
        "caller_name": None,
        "date_created": rfc2822(call.created),
        "date_updated": rfc2822(call.updated),
        "direction": "outbound-api",
        "duration": None if seconds is None else str(seconds),
        "end_time": rfc2822(call.ended),
        "forwarded_from": None,
        "from": call.sender,
        "from_formatted": call.sender,
        "group_sid": None,
        "parent_call_sid": None,
        "phone_number_sid": None,
        "price": f"{-minutes * MINUTE_PRICE:.5f}" if minutes else None,
        "price_unit": "USD",
        "queue_time": "0",
        "sid": call.sid,
        "start_time": rfc2822(call.answered or call.ended),
        "status": call.status,
        "subresource_uris": {},
        "to": call.receiver,
        "to_formatted": call.receiver,
        "trunk_sid": None,
        "uri": f"{uri}.json",
    }
