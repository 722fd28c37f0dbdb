"""Sending a notice to whom it is for, exactly once, and to the next contact if that is in vain."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from temporalio import activity

from activities.contact_route import telephones
from activities.failures import unknown_order
from activities.heartbeats import beating
from activities.notice_text import BadTemplate, render
from activities.ports import CataloguePort, OrderRow, OrdersPort, PoliciesPort
from activities.telephone_ports import MessageRow, MessagesPort, NumberRow, OptOutsPort, SmsPort
from domain.calendar.durations import Duration
from domain.citizen.messages import NewMessage
from domain.order.effects import NotifyEffect
from domain.words import Frozen

PREPARATION = 10.0
"""Seconds for everything before a sending, so that with the 20 s that a request may take (10 to connect, 10
to be answered) an attempt has let go of the provider before Temporal counts it lost and starts the next."""

OPTED_OUT = "opted_out"
"""Why a number gets no text: they said so, to us or to the provider."""

CLOCK_SKEW = timedelta(minutes=5)
"""How far the provider's clock may be behind the database's."""


class NoticeOutcome(Frozen):
    """What became of a notice; `reason` is a code, never the provider's words.

    With `again_in` (seconds) it is nothing yet: the number has had its share of texts and is to be tried later.
    """

    sent: bool
    reason: str = ""
    again_in: float | None = None


class Notify:
    """Sends text messages to units, to the centre and to citizens."""

    def __init__(
        self,
        orders: OrdersPort,
        catalogue: CataloguePort,
        policies: PoliciesPort,
        messages: MessagesPort,
        opt_outs: OptOutsPort,
        sms: SmsPort,
        read_number: Callable[[str], NumberRow],
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
        tells no id; a refusal for good is an answer, and the next contact's turn.

        Idempotency: the provider knows no idempotency key, so the database does. The message to each contact is
        written down under the key of notice and rank, then the attempt is counted, then it is sent, then its id is
        written down. A later attempt finds the id and is done; if it finds only that an attempt was made,
        nobody knows whether the message went out, and it looks through the provider's recent messages to
        this number for one with this text that belongs to no other notice, and adopts it. What goes out is the
        text of the first attempt. A contact whose message did not arrive is passed over.
        """
        async with beating():
            order = await self._orders.get(effect.order_no)
            if order is None:
                raise unknown_order(effect.order_no)
            rules = await self._rules(effect, order)
            outcome = NoticeOutcome(sent=False, reason="no_contact")
            rank = 0
            async for phone in telephones(effect, order, rules, self._orders, self._catalogue):
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
        self, new: NewMessage, effect: NotifyEffect, order: OrderRow, rules: Mapping[str, Any]
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
        if reason == OPTED_OUT:  # said to the provider, which sends it nothing from us: remembered here too
            await self._opt_outs.add(message.to_phone)
        await self._messages.failed(message.key, reason)
        return NoticeOutcome(sent=False, reason=reason)

    async def _hindrance(self, phone: str) -> str:
        """A code for why this number gets no text, empty if it does."""
        return self._read_number(phone).no_text or (OPTED_OUT if await self._opt_outs.holds(phone) else "")

    async def _rules(self, effect: NotifyEffect, order: OrderRow) -> Mapping[str, Any]:
        view = await self._orders.view(effect.order_no)
        snapshot = await self._policies.get(view.policy_hash if view else order.policy_hash)
        return snapshot.data if snapshot else {}

    async def _body(self, effect: NotifyEffect, order: OrderRow, rules: Mapping[str, Any]) -> str:
        template = rules.get("templates", {}).get(effect.template)
        if template is None:
            raise BadTemplate
        units = await self._catalogue.units(realm=order.realm, regime=order.regime) if effect.unit else ()
        name = next((unit.name for unit in units if unit.id == effect.unit), effect.unit)
        return render(template, no=effect.known_by, unit_name=name, category=order.category, due_at=effect.due_at)

    async def _adopted(self, message: MessageRow, effect: NotifyEffect) -> bool:
        """Whether an earlier attempt got through after all; if so, that is written down now."""
        if message.attempts == 0:
            return False
        found = await self._sms.find(message.to_phone, message.body, message.created_at - CLOCK_SKEW)
        # Notices of one order may read alike: a message that is another notice's does not count as ours.
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
    """How many texts a number may get in how long, as the rule book says."""
    rule = rules.get("messaging", {}).get("per_number")
    return {"at_most": rule["at_most"], "within": Duration.parse(rule["within"]).elapsed} if rule else {}
