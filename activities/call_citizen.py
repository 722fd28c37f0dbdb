"""Places an automatic call to a citizen, exactly once for each attempt; the citizen answers by keys or speech."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from temporalio import activity

from activities.failures import unknown_order
from activities.heartbeats import heartbeats
from activities.ports import CallsPort, OrdersPort, VoicePort
from domain.citizen.outbound_records import NewCall, PhoneNumber
from domain.order.effects import CallCitizenEffect
from domain.words import Frozen

PREPARATION = 10.0
"""Seconds for all steps before the call is placed, as for texts (`activities.notify`)."""

CLOCK_SKEW = timedelta(minutes=5)
"""How far the provider's clock may be behind that of the database."""


class CallOutcome(Frozen):
    """Whether the provider accepted the call, else a code for why not. The citizen's answer comes by webhook."""

    placed: bool
    reason: str = ""


class CallCitizen:
    """Places automatic calls."""

    def __init__(
        self, orders: OrdersPort, calls: CallsPort, voice: VoicePort, read_number: Callable[[str], PhoneNumber]
    ) -> None:
        self._orders = orders
        self._calls = calls
        self._voice = voice
        self._read_number = read_number

    @activity.defn(name="call_citizen")
    async def call_citizen(self, effect: CallCitizenEffect) -> CallOutcome:
        """Call the citizen named by the number of their order (`party`), for one attempt of one round.

        Timeout: 30 s an attempt; a worker that dies is noticed by its missing heartbeat. Retries: 10 tries
        within 15 min when the provider is out of reach, busy or broken; a permanent refusal is a result.
        Idempotency, as with texts: the call is stored under `effect.key`, the attempt counted, the call placed, its id
        stored. After an attempt with an unknown outcome, a recent call to this number that belongs to no other row
        is adopted.
        """
        async with heartbeats(), asyncio.timeout(PREPARATION):
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
        async with heartbeats():
            answer = await self._voice.place(phone, call.id)
            if answer.sid is not None:
                await self._calls.placed(call.key, answer.sid)
                return CallOutcome(placed=True)
            reason = answer.refused or "refused"
            await self._calls.failed(call.key, reason)
            return CallOutcome(placed=False, reason=reason)
