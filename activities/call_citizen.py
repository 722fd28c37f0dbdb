"""Having the provider call a citizen, who answers by keys or by speaking, exactly once an attempt."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from temporalio import activity

from activities.failures import unknown_order
from activities.heartbeats import beating
from activities.ports import OrdersPort
from activities.telephone_ports import CallsPort, NumberRow, VoicePort
from domain.citizen.messages import NewCall
from domain.order.effects import CallCitizenEffect
from domain.words import Frozen

PREPARATION = 10.0
"""Seconds for everything before the call is placed, as for texts (`activities.notify`)."""

CLOCK_SKEW = timedelta(minutes=5)
"""How far the provider's clock may be behind the database's."""


class CallOutcome(Frozen):
    """Whether the provider took the call, else a code for why not. What the citizen answers comes by webhook."""

    placed: bool
    reason: str = ""


class CallCitizen:
    """Places automatic calls."""

    def __init__(
        self, orders: OrdersPort, calls: CallsPort, voice: VoicePort, read_number: Callable[[str], NumberRow]
    ) -> None:
        self._orders = orders
        self._calls = calls
        self._voice = voice
        self._read_number = read_number

    @activity.defn(name="call_citizen")
    async def call_citizen(self, effect: CallCitizenEffect) -> CallOutcome:
        """Call the citizen named by the number of their order (`party`), for one attempt of one round.

        Timeout: 30 s an attempt; a worker that dies is noticed by its missing heartbeat. Retries: 10 tries
        within 15 min when the provider is out of reach, busy or broken; a refusal for good is an answer.
        Idempotency: as with texts: written down under `effect.key`, counted, placed, its id written down. After
        an attempt of which nobody knows what became, a recent call to this number that belongs to no other
        row is adopted.
        """
        async with beating(), asyncio.timeout(PREPARATION):
            order = await self._orders.get(effect.party)
            if order is None:
                raise unknown_order(effect.party)
            phone = order.citizen.phone
            if phone is None:
                return CallOutcome(placed=False, reason="no_contact")
            new = NewCall(effect.key, effect.order_no, effect.round, effect.party, effect.attempt, phone)
            call = await self._calls.claim(new)
            if call.error is not None:
                return CallOutcome(placed=False, reason=call.error)
            if call.provider_sid is not None:
                return CallOutcome(placed=True)
            if hindrance := self._read_number(phone).no_call:
                await self._calls.failed(call.key, hindrance)
                return CallOutcome(placed=False, reason=hindrance)
            if call.attempts:
                found = await self._voice.find(phone, call.created_at - CLOCK_SKEW)
                known = await self._calls.known(found)
                if (sid := next((sid for sid in found if sid not in known), None)) is not None:
                    await self._calls.placed(call.key, sid)
                    return CallOutcome(placed=True)
            await self._calls.attempting(call.key)
        async with beating():
            answer = await self._voice.place(phone, call.id)
            if answer.sid is not None:
                await self._calls.placed(call.key, answer.sid)
                return CallOutcome(placed=True)
            reason = answer.refused or "refused"
            await self._calls.failed(call.key, reason)
            return CallOutcome(placed=False, reason=reason)
