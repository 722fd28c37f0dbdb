"""Posts results, requests and reports of an order to the city platform."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from temporalio import activity

from activities.failures import city_busy, not_recorded_yet, unknown_order
from activities.ports import CityPort, DocumentsPort, OrdersPort, RuleBooksPort, TrailPort
from domain.calendar.business_calendar import CST
from domain.city.messages import outgoing_body
from domain.order.audit_chain import Content, policy_hashes
from domain.order.effects import CityPlatformEffect
from domain.policy.city import City

PATHS = {"result": "results", "extension": "extensions", "appeal": "appeals"}
"""The path of each kind of post; every other kind is a report."""

REPORTS = "reports"


class CityPlatform:
    """Posts to the city platform on behalf of an order."""

    def __init__(
        self,
        orders: OrdersPort,
        trail: TrailPort,
        documents: DocumentsPort,
        policies: RuleBooksPort,
        city: CityPort,
    ) -> None:
        self._orders = orders
        self._trail = trail
        self._documents = documents
        self._policies = policies
        self._city = city

    @activity.defn(name="city_platform")
    async def city_platform(self, effect: CityPlatformEffect) -> None:
        """Post `{no, city_no, realm, regime, area, category, what, at, unit, approval, content, data}`.

        `content` is the reply, the request under approval or the event that led to a report, with texts in place of
        their document ids. `data` is the same under the platform's own names, from the rule book. `realm` is ''
        unless the order is rehearsed. The platform's order number in the answer is stored; a decision in it is
        ignored: decisions come as messages.

        Timeout: 30 s an attempt. Retries: for 24 h, after the delay that the platform gives or by the retry
        policy, except for `CityRefused` and `UnknownOrder`.
        Idempotency: the body is made from the intake and from the trail up to the event that caused it, which never
        change, and its message id is `effect.key`; the platform repeats its answer to a repeated message.
        """
        order = await self._orders.get(effect.order_no)
        if order is None:
            raise unknown_order(effect.order_no)
        chain = [link.content for link in await self._trail.valid_links(effect.order_no)]
        before = [each for each in chain if each.seq is not None and each.seq <= effect.seq]
        if not before or before[-1].seq != effect.seq:
            raise not_recorded_yet(effect.order_no, f"event {effect.seq}")
        snapshot = await self._policies.get(policy_hashes(order.policy_hash, before)[-1])
        rules = snapshot.data if snapshot else {}
        subject = _latest(before, _causes(effect, rules), effect.approval)
        body = {
            "no": effect.order_no,
            "city_no": order.city_no,
            "realm": order.realm,
            "regime": order.regime,
            "category": order.category,
            "what": effect.what,
            "at": before[-1].at.astimezone(CST).isoformat(),
            "unit": effect.unit,
            "approval": effect.approval,
            "content": {"event": subject.event, **await self._spelled_out(subject.data)} if subject else None,
        }
        if (names := rules.get("city")) is not None:
            city = City.model_validate(names)
            body |= {"area": next(iter(city.areas), None), "data": outgoing_body(city, body)}
        answer = await self._city.post(PATHS.get(effect.what, REPORTS), effect.key, body)
        if answer.wait is not None:
            raise city_busy(answer.wait)
        if answer.city_no is not None and order.city_no is None and order.city_ref is None:
            await self._orders.note_city_ref(effect.order_no, answer.city_no)

    async def _spelled_out(self, data: Any) -> Any:
        """The data of an event with each record of a text (`domain.text.Text`) replaced by the text."""
        match data:
            case {"document": str(document), "length": int()}:
                return await self._documents.text(document)
            case dict():
                return {key: await self._spelled_out(value) for key, value in data.items()}
            case list():
                return [await self._spelled_out(value) for value in data]
            case _:
                return data


def _causes(effect: CityPlatformEffect, rules: Mapping[str, Any]) -> Collection[str]:
    """The names of events that cause this post: fixed, or those to which the rule book reacts with it."""
    if effect.what == "result":
        return ("reply_submitted",)
    if effect.approval is not None:
        return ("approval_opened",)
    reactions = rules.get("reactions", ())
    return {reaction["on"] for reaction in reactions if reaction.get("send_city") == effect.what}


def _latest(contents: Sequence[Content], names: Collection[str], approval: str | None) -> Content | None:
    """The last event of one of these names; an approval's opening only if it is that approval's."""
    for content in contents[::-1]:
        if content.event in names and approval in (None, content.data.get("approval", approval)):
            return content
    return None
