"""Updates of the order's workflow: one a command, of the same name, each with a validator.

A refusal leaves no trace in the history: the validator raises an `ApplicationError` whose type is the refusal's code
(docs/glossary.md) and whose one detail is a `Refusal`. That is so for bodies of any shape too, so the handlers take
`Any` and validate it themselves.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ValidationError
from temporalio import workflow
from temporalio.exceptions import ApplicationError

from domain.labels import label
from domain.order.commands import Command
from domain.refusal import Code, Refused
from workflows.messages import Accepted, Refusal

M = TypeVar("M", bound=BaseModel)

MOST_CHARACTERS = 100_000
"""Of all strings in one message: far above any rule book, far below what a payload may hold."""

_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
"""Characters of no identifier; the database cannot store some of them, which would stall the record for ever."""


def read(kind: type[M], said: Any) -> M:
    """Validate a message from outside. Raises Refused(invalid) naming the invalid fields, never quoting them."""
    texts = list(_strings(said))
    if sum(map(len, texts)) > MOST_CHARACTERS:
        raise Refused(Code.INVALID, "内容过长")
    if any(map(_UNWRITABLE.search, texts)):
        raise Refused(Code.INVALID, "含有不允许的控制字符")
    try:
        return kind.model_validate(said)
    except ValidationError as invalid:
        known = [str(error["loc"][0]) for error in invalid.errors() if error["loc"]]
        names = sorted({name for name in known if name in kind.model_fields})
        raise Refused(Code.INVALID, f"内容不合要求：{'、'.join(names) or '整体'}") from None


def _strings(said: Any) -> Iterator[str]:
    match said:
        case str():
            yield said
        case dict():
            for key, value in said.items():
                yield from _strings(key)
                yield from _strings(value)
        case list():
            for value in said:
                yield from _strings(value)


class CommandTarget(Protocol):
    """The part of the workflow that update handlers use."""

    @property
    def now(self) -> datetime:
        """The order's own clock."""

    def check(self, command: Command) -> None:
        """Check a command. Raises Refused."""

    async def carry_out(self, command: Command) -> Accepted:
        """Carry the command out, and answer when it is on record."""


def update_for(command: type[Command]) -> Any:
    """An update handler that carries out commands of this class."""

    async def handle(self: CommandTarget, asked: Any = None) -> Accepted:
        return await self.carry_out(read(command, asked))

    def validate(self: CommandTarget, asked: Any = None) -> None:
        try:
            self.check(read(command, asked))
        except Refused as refused:
            raise refusal(refused, self.now.isoformat()) from None

    for function in (handle, validate):
        function.__name__ = command.do
        function.__qualname__ = f"WorkOrderWorkflow.{command.do}"
        function.__annotations__ = {"asked": Any, "return": Accepted}
    update = workflow.update(name=command.do, description=label(command.do, "command"))(handle)
    update.validator(validate)
    return update


def refusal(refused: Refused, at: str) -> ApplicationError:
    """The failure that carries a refusal; never retried."""
    answer = Refusal(code=refused.code.value, reason=refused.reason, clause=refused.clause, at=at)
    return ApplicationError(refused.reason, answer.model_dump(mode="json"), type=answer.code, non_retryable=True)
