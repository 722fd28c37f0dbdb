"""The facts of one order that statistics count (DL-12)."""

from typing import Any

from pydantic import SerializerFunctionWrapHandler, model_serializer, model_validator

from domain.order.parts import Value

HANDLER = "handler_"
"""Outside, the person who signed for a unit is a field of its own, named by this and the unit."""


class OrderFacts(Value):
    """Facts of one order. Outside (state, read model, REST) they are a flat object of those that are known."""

    line: str | None = None
    """The emergency line that the order was transferred to."""
    acknowledged: bool = False
    """The emergency line has confirmed the transfer."""
    signed_in_time: bool | None = None
    handlers: dict[str, str] = {}
    """The person who signed for each unit, by unit."""
    on_site: tuple[str, ...] = ()
    """Units that have arrived on the spot."""
    on_time: bool | None = None
    """Whether the limits were kept; False from the first that was not."""
    resolution: str | None = None
    returns: int = 0
    extensions: int = 0
    reworks: int = 0
    suspended: bool = False
    unclosed: bool = False
    satisfied: bool | None = None
    intake_rating: int | None = None
    handling_rating: int | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_flat(cls, data: Any) -> Any:
        """Collect the handlers of a flat object."""
        if not isinstance(data, dict) or "handlers" in data:
            return data
        named = {name: value for name, value in data.items() if not name.startswith(HANDLER)}
        handlers = {name.removeprefix(HANDLER): value for name, value in data.items() if name.startswith(HANDLER)}
        return named | {"handlers": handlers} if handlers else named

    @model_serializer(mode="wrap")
    def _flat(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """The facts that are known, each handler under the name of its unit."""
        known = {name: value for name, value in handler(self).items() if name in self.model_fields_set}
        handlers = known.pop("handlers", {})
        return known | {f"{HANDLER}{unit}": person for unit, person in handlers.items()}
