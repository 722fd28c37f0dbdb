"""Putting people into the queues of those who telephone: citizens to call back, and whom no text reached."""

from temporalio import activity

from activities.failures import unknown_order
from activities.ports import OrderRow, OrdersPort
from activities.telephone_ports import CallbacksPort, CallTasksPort
from domain.order.effects import CallBackEffect, CallTaskEffect


class CallBack:
    """Opens calls to citizens, and to people who could not be texted."""

    def __init__(self, orders: OrdersPort, callbacks: CallbacksPort, call_tasks: CallTasksPort) -> None:
        self._orders = orders
        self._callbacks = callbacks
        self._call_tasks = call_tasks

    @activity.defn(name="call_back")
    async def call_back(self, effect: CallBackEffect) -> None:
        """Open the call of one round to one citizen, named by the number of their order (`party`).

        Timeout: 10 s an attempt. Retries: 20 tries within an hour, except for `UnknownOrder`.
        Idempotency: (order, round, party) is the key of the row, and a try only ever moves it forward.
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
        """Have someone telephone whom the notice of this effect was for.

        Timeout: 10 s an attempt. Retries: 20 tries within an hour, except for `UnknownOrder`.
        Idempotency: `effect.key` is the key of the row; one that is there stays, done or not.
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

    async def _order(self, no: str) -> OrderRow:
        order = await self._orders.get(no)
        if order is None:
            raise unknown_order(no)
        return order
