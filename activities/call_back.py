"""Adds to the queues of callback staff: citizens to call back, and people whom no text reached."""

from temporalio import activity

from activities.failures import unknown_order
from activities.ports import CallbacksPort, CallTasksPort, OrdersPort
from domain.order.effects import CallBackEffect, CallTaskEffect
from domain.order.records import StoredOrder


class CallBack:
    """Opens calls to citizens, and telephone tasks for people who could not be texted."""

    def __init__(self, orders: OrdersPort, callbacks: CallbacksPort, call_tasks: CallTasksPort) -> None:
        self._orders = orders
        self._callbacks = callbacks
        self._call_tasks = call_tasks

    @activity.defn(name="call_back")
    async def call_back(self, effect: CallBackEffect) -> None:
        """Open the call of one round to one citizen, named by the number of their order (`party`).

        Timeout: 10 s an attempt. Retries: 20 tries within an hour, except for `UnknownOrder`.
        Idempotency: (order, round, party) is the key of the row; a repetition never lowers its count of attempts.
        """
        order = await self._order(effect.order_no)
        await self._callbacks.open(
            effect.order_no,
            effect.round,
            effect.party,
            realm=order.realm,
            regime=order.regime,
            attempt=effect.attempt,
            due_at=effect.due_at,
        )

    @activity.defn(name="call_task")
    async def call_task(self, effect: CallTaskEffect) -> None:
        """Open a telephone task for the recipient of the notice of this effect.

        Timeout: 10 s an attempt. Retries: 20 tries within an hour, except for `UnknownOrder`.
        Idempotency: `effect.key` is the key of the row; an existing row is not changed, done or not.
        """
        order = await self._order(effect.order_no)
        await self._call_tasks.open(
            effect.key,
            effect.order_no,
            realm=order.realm,
            regime=order.regime,
            template=effect.template,
            to_role=effect.to_role,
            unit=effect.unit,
            party=effect.party,
        )

    async def _order(self, no: str) -> StoredOrder:
        order = await self._orders.get(no)
        if order is None:
            raise unknown_order(no)
        return order
