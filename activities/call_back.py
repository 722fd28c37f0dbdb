"""Putting the citizens of an answered order into the queue of those who call them."""

from temporalio import activity

from activities.failures import unknown_order
from activities.ports import CallbacksPort, OrdersPort
from domain.effects import Effect


class CallBack:
    """Opens calls to citizens."""

    def __init__(self, orders: OrdersPort, callbacks: CallbacksPort) -> None:
        self._orders = orders
        self._callbacks = callbacks

    @activity.defn(name="call_back")
    async def call_back(self, effect: Effect) -> None:
        """Open the call of one round to one citizen, named by the number of their order (`party`).

        Timeout: 10 s an attempt. Retries: 20 tries within an hour, except for `UnknownOrder`.
        Idempotency: (order, round, party) is the key of the row; one that is there stays, done or not.
        """
        order = await self._orders.get(effect.order_no)
        if order is None:
            raise unknown_order(effect.order_no)
        party = effect.party or effect.order_no
        await self._callbacks.open(effect.order_no, effect.round, party, realm=order.realm, regime=order.regime)
