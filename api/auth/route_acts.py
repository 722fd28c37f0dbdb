"""The act of `domain.permissions` of each route: a route that is not named here answers nobody."""

from typing import Final

from fastapi import Request

from domain.order.commands import COMMANDS

_ORDER: Final = "/work-orders/{no}"
_OPEN311: Final = "/open311/v2"
_ACCOUNT: Final = (
    ("GET", ""),
    ("GET", "/sessions"),
    ("DELETE", "/sessions/{id}"),
    ("POST", "/sessions/{id}/end"),
    ("POST", "/password"),
    ("POST", "/totp"),
    ("POST", "/totp/confirm"),
)

ACTS: Final[dict[str, str]] = {
    "POST /token": "sign_in",
    **{f"POST {_ORDER}/commands/{do}": do for do in COMMANDS},
    f"POST {_ORDER}/commands/{{command}}": "see_order",
    "POST /work-orders": "take_in",
    "GET /work-orders": "find_orders",
    "POST /work-orders/lookup": "find_orders",
    f"GET {_ORDER}": "see_order",
    f"GET {_ORDER}/timeline": "see_order",
    f"GET {_ORDER}/deadlines": "see_order",
    f"GET {_ORDER}/proposal": "see_order",
    f"GET {_ORDER}/messages": "see_order",
    f"POST {_ORDER}/unmask": "see_citizen",
    f"PUT {_ORDER}/complained-of": "name_complained_of",
    f"GET {_ORDER}/viewers": "name_viewers",
    f"POST {_ORDER}/viewers": "name_viewers",
    f"DELETE {_ORDER}/viewers/{{username}}": "name_viewers",
    "GET /approvals": "find_approvals",
    "POST /approvals/{id}/decision": "decide",
    "POST /attachments": "bring_evidence",
    "GET /attachments": "see_evidence",
    "GET /attachments/{id}": "see_evidence",
    "POST /attachments/{id}/link": "see_evidence",
    "GET /files/{token}": "open_link",
    "GET /callbacks": "see_telephone_queues",
    "GET /call-tasks": "see_telephone_queues",
    "POST /call-tasks/{key}/done": "finish_call_task",
    "GET /inbound-messages": "see_telephone_queues",
    "GET /units": "see_catalogue",
    "GET /policies": "see_catalogue",
    "GET /policies/{id}": "see_catalogue",
    "GET /city/messages": "see_city_messages",
    "GET /city/messages/{id}": "read_city_message",
    "POST /city/messages/{id}/retry": "see_city_messages",
    "POST /webhooks/city": "report_from_outside",
    "POST /webhooks/sms": "report_from_outside",
    "POST /webhooks/sms/status": "report_from_outside",
    "POST /webhooks/voice": "report_from_outside",
    "POST /webhooks/voice/answer": "report_from_outside",
    "POST /webhooks/voice/status": "report_from_outside",
    **{f"{method} /account{path}": "manage_own_account" for method, path in _ACCOUNT},
    "GET /audit/acts": "read_acts",
    "GET /audit/anchors": "read_acts",
    f"GET {_ORDER}/acts": "read_acts_of_order",
    "GET /users": "manage_accounts",
    "POST /users": "manage_accounts",
    "PATCH /users/{name}": "manage_accounts",
    "GET /health/live": "see_health",
    "GET /health/ready": "see_health",
    f"GET {_OPEN311}/discovery.{{fmt}}": "use_public_interface",
    f"GET {_OPEN311}/services.{{fmt}}": "use_public_interface",
    f"GET {_OPEN311}/services/{{service_code}}.{{fmt}}": "use_public_interface",
    f"POST {_OPEN311}/requests.{{fmt}}": "use_public_interface",
    f"GET {_OPEN311}/requests.{{fmt}}": "use_public_interface",
    f"GET {_OPEN311}/requests/{{no}}.{{fmt}}": "use_public_interface",
    f"GET {_OPEN311}/tokens/{{token}}.{{fmt}}": "use_public_interface",
    **{f"GET /{page}": "see_documentation" for page in ("openapi.json", "docs", "docs/oauth2-redirect")},
}
"""By method and path of the router, without the prefix `/api/v1`."""

CHECKED_AFTER_LOOKUP: Final = frozenset({*COMMANDS, "decide", "name_viewers", "see_citizen"})
"""Acts on an order that is looked up first: a refusal must not reveal that an order exists, and a refused command or
reading of a citizen's data is on the order's trail. Their permission is checked after the look-up."""


def act_of(request: Request) -> str:
    """The act of a request. Raises KeyError for a route without a row, which is a bug and answered as one."""
    return ACTS[f"{request.method} {request.scope['route'].path_format}"]
