"""Bodies of commands over HTTP, derived from `domain.order.commands`, so that neither can drift.

Texts are strings here and become `Text` records once they are stored; the body does not name the actor.
"""

from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import StrictBool, create_model

from application.input_types import DateOrMoment, Digits, InputModel, LongText, Name
from domain.order.commands import COMMANDS, Command, DispatchedUnit, Identifier, Moment
from domain.text import Text
from domain.words import Part

_NOT_SAID: Final = frozenset({"by", "person"})


class Addressee(InputModel):
    """A unit to dispatch to and the part it plays; without one the first leads and the others assist."""

    unit: Name
    part: Part | None = None


_REPLACED: Final[dict[Any, Any]] = {
    Text: LongText,
    Moment: DateOrMoment,
    Identifier: Name,
    str: Name,
    bool: StrictBool,
    DispatchedUnit: Addressee,
}


def _outside(annotation: Any) -> Any:
    """The type of a field in a body."""
    if annotation in _REPLACED:
        return _REPLACED[annotation]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return Annotated[annotation, Digits]
    if origin is Annotated:
        return Annotated[_outside(arguments[0]), *arguments[1:]]
    if not arguments:
        return annotation
    replaced = tuple(argument if argument is ... else _outside(argument) for argument in arguments)
    return origin[replaced] if origin in {tuple, dict} else Union[replaced]  # noqa: UP007 (built at run time)


def _wire(command: type[Command]) -> type[InputModel]:
    fields: dict[str, Any] = {
        name: (_outside(info.annotation), info) for name, info in command.model_fields.items() if name not in _NOT_SAID
    }
    return create_model(command.__name__, __base__=InputModel, __doc__=command.__doc__, **fields)


def _holds(annotation: Any, wanted: type) -> bool:
    return annotation is wanted or any(_holds(argument, wanted) for argument in get_args(annotation))


COMMAND_BODIES: Final = {do: _wire(command) for do, command in COMMANDS.items()}
"""The body of every command, by its name."""

TEXT_FIELDS: Final = {
    do: frozenset(name for name, info in command.model_fields.items() if _holds(info.annotation, Text))
    for do, command in COMMANDS.items()
}
"""The text fields of every command, by its name."""
