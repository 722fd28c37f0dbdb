"""Answers in the fields and order of the standard; they do not reveal the citizen."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from adapters.database.orders.public_requests import ENDED, PublicOrder
from domain.access.masking import unnamed
from domain.calendar.business_calendar import CST
from domain.labels import label
from domain.policy.open311 import Service
from domain.policy.rule_book import Regime

SPECIFICATION: Final = "http://wiki.open311.org/GeoReport_v2"
MOST_DAYS: Final = timedelta(days=90)
FORMATS: Final = ("text/xml", "application/json")


def discovery(url: str, kind: str, changed: datetime | None) -> dict[str, Any]:
    """Service Discovery; `changed` is the moment of the services' last change."""
    changeset = _moment(changed) if changed else None
    endpoint = {"specification": SPECIFICATION, "url": url, "changeset": changeset, "type": kind, "formats": FORMATS}
    return {
        "changeset": changeset,
        "contact": "12345政务服务便民热线",
        "key_service": "由热线中心发放密钥，请向热线中心申请",
        "endpoints": [endpoint],
    }


def service_list(regime: Regime) -> list[dict[str, Any]]:
    """The services of a county."""
    return [
        {
            "service_code": code,
            "service_name": service.name,
            "description": service.description,
            "metadata": bool(service.attributes),
            "type": "realtime",
            "keywords": ", ".join(service.keywords),
            "group": service.group,
        }
        for code, service in regime.open311.services.items()
    ]


def definition(code: str, service: Service) -> dict[str, Any]:
    """The attributes of a service."""
    return {
        "service_code": code,
        "attributes": [
            {
                "variable": each.variable,
                "code": name,
                "datatype": each.datatype,
                "required": each.required,
                "datatype_description": each.datatype_description,
                "order": order,
                "description": each.description,
                "values": [{"key": key, "name": value} for key, value in each.values.items()],
            }
            for order, (name, each) in enumerate(service.attributes.items(), start=1)
        ],
    }


def created_request(regime: Regime, code: str, no: str) -> list[dict[str, Any]]:
    """The answer to a new request."""
    return [{"service_request_id": no, "service_notice": _notice(regime, code), "account_id": None}]


def status(regime: Regime, order: PublicOrder, units: Mapping[str, str]) -> dict[str, Any]:
    """A request; `units` are the names of units by id. A request that is not `listed` is shown without its texts."""
    service = regime.open311.services.get(order.service_code)
    ended, shown = order.stage in ENDED, order.listed
    hidden = (order.citizen_name,)
    return {
        "service_request_id": order.no,
        "status": "closed" if ended else "open",
        "status_notes": label(order.outcome) if ended and order.outcome else label(order.stage),
        "service_name": service.name if service else order.service_code,
        "service_code": order.service_code,
        "description": unnamed(order.content, *hidden) if shown else None,
        "agency_responsible": "、".join(units.get(unit, unit) for unit in order.units) or None,
        "service_notice": _notice(regime, order.service_code),
        "requested_datetime": _moment(order.created_at),
        "updated_datetime": _moment(order.updated_at),
        "expected_datetime": _moment(order.expected_at) if order.expected_at else None,
        "address": unnamed(order.location, *hidden) if shown and order.location else None,
        "address_id": order.address_id if shown else None,
        "zipcode": None,
        "lat": order.lat if shown else None,
        "long": order.long if shown else None,
        "media_url": order.media_url if shown else None,
    }


def _notice(regime: Regime, code: str) -> str:
    service = regime.open311.services.get(code)
    return (service.notice if service else None) or regime.open311.notice


def _moment(moment: datetime) -> str:
    """The W3C format, to the second."""
    return moment.astimezone(CST).isoformat(timespec="seconds")
