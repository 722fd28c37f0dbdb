"""Sends a notice by text message to its contact, exactly once, and to the next contact if that fails."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from temporalio import activity

from activities.contact_route import numbers_to_try
from activities.failures import unknown_order
from activities.heartbeats import heartbeats
from activities.ports import MessagesPort, OptOutsPort, OrdersPort, RuleBooksPort, SmsPort, UnitDirectoryPort
from activities.render_template import BadTemplate, render
from domain.calendar.durations import Duration
from domain.citizen.outbound_records import NewMessage, OutboundMessage, PhoneNumber
from domain.order.effects import NotifyEffect
from domain.order.records import StoredOrder
from domain.words import Frozen

PREPARATION = 10.0
"""Seconds for all steps before a message is sent. With the 20 s of a request (10 to connect, 10 for the answer) an
attempt has ended before Temporal counts it lost and starts the next."""

OPTED_OUT = "opted_out"
"""Reason for sending no text: the owner of the number has opted out, here or at the provider."""

CLOCK_SKEW = timedelta(minutes=5)
"""How far the provider's clock may be behind that of the database."""


class NoticeOutcome(Frozen):
    """The outcome of a notice; `reason` is a code, never the provider's words.

    `again_in`: seconds after which to try again, because the number has reached its limit of texts.
    """

    sent: bool
    reason: str = ""
    again_in: float | None = None


class Notify:
    """Sends text messages to units, to the centre and to citizens."""

    def __init__(
        self,
        orders: OrdersPort,
        catalogue: UnitDirectoryPort,
        policies: RuleBooksPort,
        messages: MessagesPort,
        opt_outs: OptOutsPort,
        sms: SmsPort,
        read_number: Callable[[str], PhoneNumber],
    ) -> None:
        self._orders = orders
        self._catalogue = catalogue
        self._policies = policies
        self._messages = messages
        self._opt_outs = opt_outs
        self._sms = sms
        self._read_number = read_number

    @activity.defn(name="notify")
    async def notify(self, effect: NotifyEffect) -> NoticeOutcome:
        """Send the notice of an effect to the first contact who can be reached, or say why nobody can.

        Timeout: 30 s an attempt at one contact; a worker that dies is noticed by its missing heartbeat. Retries:
        10 tries within 15 min, from 5 s apart, when the provider is out of reach, busy (408, 429), broken (5xx) or
        returns no id; after a permanent refusal the next contact is tried.

        Idempotency: the provider has no idempotency key, so the database does. The message to each contact is stored
        under the key of notice and rank, then the attempt is counted, then the message is sent, then its id is
        stored. A later attempt that finds the id is done. If it finds only that an attempt was made, the message
        may have been sent or not: it searches the provider's recent messages to this number for one with this text
        that belongs to no other notice, and adopts it. The text sent is always that of the first attempt. A contact
        whose message did not arrive is skipped.
        """
        async with heartbeats():
            order = await self._orders.get(effect.order_no)
            if order is None:
                raise unknown_order(effect.order_no)
            rules = await self._rules(effect, order)
            outcome = NoticeOutcome(sent=False, reason="no_contact")
            rank = 0
            async for phone in numbers_to_try(effect, order, rules, self._orders, self._catalogue):
                rank += 1
                try:
                    body = await self._body(effect, order, rules)
                except BadTemplate:
                    return NoticeOutcome(sent=False, reason="bad_template")
                new = NewMessage(
                    effect.order_no,
                    effect.notice,
                    rank,
                    effect.template,
                    effect.to_role,
                    effect.unit,
                    effect.party,
                    phone,
                    body,
                )
                outcome = await self._try(new, effect, order, rules)
                if outcome.sent or outcome.again_in is not None:
                    break
            return outcome

    async def _try(
        self, new: NewMessage, effect: NotifyEffect, order: StoredOrder, rules: Mapping[str, Any]
    ) -> NoticeOutcome:
        """Send to one contact, unless that was done or found impossible before."""
        async with asyncio.timeout(PREPARATION):
            message = await self._messages.claim(new)
            if message.error is not None:
                return NoticeOutcome(sent=False, reason=message.error)
            if message.provider_sid or await self._adopted(message, effect):
                return NoticeOutcome(sent=True)
            if hindrance := await self._hindrance(message.to_phone):
                await self._messages.failed(message.key, hindrance)
                return NoticeOutcome(sent=False, reason=hindrance)
            wait = await self._messages.attempting(message.key, **({} if order.realm else _share(rules)))
        if wait:
            return NoticeOutcome(sent=False, reason="busy_number", again_in=wait.total_seconds())
        answer = await self._sms.send(message.to_phone, message.body)
        if answer.sid is not None:
            await self._messages.sent(message.key, answer.sid)
            return NoticeOutcome(sent=True)
        reason = answer.refused or "refused"
        if reason == OPTED_OUT:  # opted out at the provider: stored here too
            await self._opt_outs.add(message.to_phone)
        await self._messages.failed(message.key, reason)
        return NoticeOutcome(sent=False, reason=reason)

    async def _hindrance(self, phone: str) -> str:
        """A code for why this number gets no text, empty if it does."""
        return self._read_number(phone).no_text or (OPTED_OUT if await self._opt_outs.holds(phone) else "")

    async def _rules(self, effect: NotifyEffect, order: StoredOrder) -> Mapping[str, Any]:
        view = await self._orders.view(effect.order_no)
        snapshot = await self._policies.get(view.policy_hash if view else order.policy_hash)
        return snapshot.data if snapshot else {}

    async def _body(self, effect: NotifyEffect, order: StoredOrder, rules: Mapping[str, Any]) -> str:
        template = rules.get("templates", {}).get(effect.template)
        if template is None:
            raise BadTemplate
        units = await self._catalogue.units(realm=order.realm, regime=order.regime) if effect.unit else ()
        name = next((unit.name for unit in units if unit.id == effect.unit), effect.unit)
        return render(template, no=effect.known_by, unit_name=name, category=order.category, due_at=effect.due_at)

    async def _adopted(self, message: OutboundMessage, effect: NotifyEffect) -> bool:
        """Whether an earlier attempt has sent the message after all; if so, its id is stored."""
        if message.attempts == 0:
            return False
        found = await self._sms.find(message.to_phone, message.body, message.created_at - CLOCK_SKEW)
        # Notices of one order may have equal texts: a message of another notice does not count.
        others = {
            other.provider_sid
            for no in {effect.order_no, effect.known_by}
            for other in await self._messages.of_order(no)
        }
        sid = next((sid for sid in found if sid not in others), None)
        if sid is not None:
            await self._messages.sent(message.key, sid)
        return sid is not None


def _share(rules: Mapping[str, Any]) -> dict[str, Any]:
    """The rule book's limit of texts to one number, and its period."""
    rule = rules.get("messaging", {}).get("per_number")
    return {"at_most": rule["at_most"], "within": Duration.parse(rule["within"]).elapsed} if rule else {}
