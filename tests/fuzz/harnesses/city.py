"""Posts of the city platform: signed or not, JSON or not, well-formed or not."""

import copy
import json
from functools import cache
from typing import Any

import atheris

from adapters.city.signature import BadSignature, verified
from adapters.policy.rule_books import RuleBooks
from adapters.settings.settings import ROOT
from application.city.inbox import canonical
from application.city.message_handlers import Answered, Envelope
from application.input_types import validated
from application.orders.intake import OrderRequest
from domain.calendar.business_calendar import compiled
from domain.city.messages import read_changed, read_decision, read_order, read_urge
from domain.refusal import Refused
from domain.words import CITY_SOURCE
from tests.city.examples import examples

EXAMPLES = [each["message"] for each in examples("messages", no="20261124-000001", city_no="SZ-1")]
SEEDS = (
    *(json.dumps(example, ensure_ascii=False).encode() for example in EXAMPLES),
    b'{"id": "1", "type": "order", "area": "410724", "data": null}',
    b'{"data": [[[[]]]]}',
    b"[" * 2000,
    b'{"id": "\\ud800"}',
    b"1e999",
    b"\xff",
)


@cache
def book() -> RuleBooks:
    return RuleBooks.load(ROOT / "policies.yaml", 2026)


def bent(data: bytes) -> Any:
    """An example message with one or two values replaced, because random bytes are seldom JSON."""
    choose = atheris.FuzzedDataProvider(data)
    value = copy.deepcopy(choose.PickValueInList(EXAMPLES))
    for _ in range(choose.ConsumeIntInRange(1, 2)):
        place = value
        while isinstance(place, dict) and place:
            key = choose.PickValueInList(sorted(place))
            if not isinstance(place[key], dict) or choose.ConsumeBool():
                others = [None, True, choose.ConsumeInt(8), choose.ConsumeFloat(), [], {}, [None], {"a": "b"}]
                place[key] = choose.PickValueInList([*others, choose.ConsumeUnicode(200)])
                break
            place = place[key]
    return value


def one(data: bytes) -> None:
    head = data[:64].decode("latin-1")
    headers = {"X-City-Timestamp": head, "X-City-Message": head, "X-City-Signature": head}
    try:
        raise AssertionError(verified("secret", headers, data, 1_800_000_000.0))
    except BadSignature:
        pass
    kept, value = canonical(data)
    assert value is None or canonical(kept.encode())[0] == kept
    understood(value)
    understood(bent(data))


def understood(value: Any) -> None:
    """Parse a message by the rule book of every county."""
    calendar = compiled(book().calendar)
    try:
        said = validated(Envelope, value, calendar).data
    except Refused:
        said = value
    for name, regime in book().regimes.items():
        if regime.city is None:
            continue
        for read in (read_order, read_decision, read_urge, read_changed):
            try:
                found = read(regime.city, said)
                fields = {"city_no": found} if found is None or isinstance(found, str) else found._asdict()
                if read is read_order:
                    citizen = {part: fields.pop(part) for part in ("name", "phone", "address")}
                    body = {key: each for key, each in fields.items() if each is not None}
                    validated(
                        OrderRequest, body | {"regime": name, "source": CITY_SOURCE, "citizen": citizen}, calendar
                    )
                else:
                    named = {key: each for key, each in fields.items() if key in Answered.model_fields}
                    validated(Answered, named, calendar)
            except Refused as refused:
                assert refused.reason
