"""Sending a notice to whom it is for, exactly once."""

import asyncio
from datetime import timedelta

from temporalio import activity

from activities.failures import unknown_order
from activities.ports import CataloguePort, MessageRow, MessagesPort, OrderRow, OrdersPort, PoliciesPort, SmsPort
from activities.wording import BadTemplate, render
from domain.effects import Effect
from domain.words import UNIT_ROLES, Frozen, Role

PREPARATION = 10.0
"""Seconds for everything before the sending, so that with the 20 s that a request may take (10 to connect, 10
to be answered) an attempt has let go of the provider before Temporal counts it lost and starts the next."""

CLOCK_SKEW = timedelta(minutes=5)
"""How far the provider's clock may be behind the database's."""


class NoticeOutcome(Frozen):
    """What became of a notice; `reason` is a code, never the provider's words."""

    sent: bool
    reason: str = ""


class Notify:
    """Sends text messages to units, to the centre and to citizens."""

    def __init__(
        self,
        orders: OrdersPort,
        catalogue: CataloguePort,
        policies: PoliciesPort,
        messages: MessagesPort,
        sms: SmsPort,
    ) -> None:
        self._orders = orders
        self._catalogue = catalogue
        self._policies = policies
        self._messages = messages
        self._sms = sms

    @activity.defn(name="notify")
    async def notify(self, effect: Effect) -> NoticeOutcome:
        """Send the notice of an effect, or say why it cannot be sent.

        Timeout: 30 s an attempt. Retries: 10 tries within 15 min, from 5 s apart, when the provider is out of
        reach, busy (429) or broken (5xx); a refusal for good is an answer and no error.

        Idempotency: the provider knows no idempotency key, so the database does. The message is written down
        under `effect.key`, then the attempt is counted, then it is sent, then its id is written down. A later
        attempt finds the id and is done; if it finds only that an attempt was made, nobody knows whether the
        message went out, and it looks through the provider's recent messages to this number for one with this
        text that belongs to no other notice, and adopts it. What goes out is the text of the first attempt.
        """
        async with asyncio.timeout(PREPARATION):
            message = await self._written_down(effect)
            if isinstance(message, NoticeOutcome):
                return message
            if message.provider_sid is None and message.error is not None:
                return NoticeOutcome(sent=False, reason=message.error)
            if message.provider_sid or await self._adopted(message, effect):
                return NoticeOutcome(sent=True)
            await self._messages.attempting(message.key)
        answer = await self._sms.send(message.to_phone, message.body)
        if answer.sid is not None:
            await self._messages.sent(message.key, answer.sid)
            return NoticeOutcome(sent=True)
        reason = answer.refused or "refused"
        await self._messages.failed(message.key, reason)
        return NoticeOutcome(sent=False, reason=reason)

    async def _written_down(self, effect: Effect) -> MessageRow | NoticeOutcome:
        order = await self._orders.get(effect.order_no)
        if order is None:
            raise unknown_order(effect.order_no)
        phone = await self._phone(effect, order)
        if phone is None:
            return NoticeOutcome(sent=False, reason="no_contact")
        try:
            body = await self._body(effect, order)
        except BadTemplate:
            return NoticeOutcome(sent=False, reason="bad_template")
        return await self._messages.claim(effect.key, effect.order_no, effect.template or "", phone, body)

    async def _phone(self, effect: Effect, order: OrderRow) -> str | None:
        if effect.to_role == Role.CITIZEN:
            citizens = order if effect.party in (None, effect.order_no) else await self._orders.get(effect.party or "")
            return citizens.citizen.phone if citizens else None
        role = effect.to_role or ""
        unit = effect.unit if role in UNIT_ROLES else None
        contact = await self._catalogue.contact(role, regime=order.regime, unit=unit, realm=order.realm)
        return contact.phone if contact else None

    async def _body(self, effect: Effect, order: OrderRow) -> str:
        view = await self._orders.view(effect.order_no)
        snapshot = await self._policies.get(view.policy_hash if view else order.policy_hash)
        template = snapshot.data.get("templates", {}).get(effect.template) if snapshot else None
        if template is None:
            raise BadTemplate
        units = await self._catalogue.units(realm=order.realm, regime=order.regime) if effect.unit else ()
        name = next((unit.name for unit in units if unit.id == effect.unit), effect.unit)
        # A citizen knows the matter by the number under which they called.
        return render(
            template, no=effect.party or effect.order_no, unit_name=name, category=order.category, due_at=effect.due_at
        )

    async def _adopted(self, message: MessageRow, effect: Effect) -> bool:
        """Whether an earlier attempt got through after all; if so, that is written down now."""
        if message.attempts == 0:
            return False
        found = await self._sms.find(message.to_phone, message.body, message.created_at - CLOCK_SKEW)
        # Notices of one order may read alike: a message that is another notice's does not count as ours.
        others = {
            other.provider_sid
            for no in {effect.order_no, effect.party or effect.order_no}
            for other in await self._messages.of_order(no)
        }
        sid = next((sid for sid in found if sid not in others), None)
        if sid is not None:
            await self._messages.sent(message.key, sid)
        return sid is not None
