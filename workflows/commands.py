"""Updates of the order's workflow: one a command, of the same name, each with a validator that refuses.

A refusal leaves no trace in the history: the validator answers an `ApplicationError` whose type is the
refusal's code and whose one detail is a `Refusal` (contract §3).
"""

from typing import TYPE_CHECKING, Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from domain.commands import Command
from domain.labels import label
from domain.refusal import Refused
from workflows.messages import Accepted, Refusal

if TYPE_CHECKING:
    from workflows.work_order import WorkOrderWorkflow


def update_for(command: type[Command]) -> Any:
    """An update handler that carries out commands of this class."""

    async def handle(self: "WorkOrderWorkflow", asked: Command) -> Accepted:
        return await self.carry_out(asked)

    def validate(self: "WorkOrderWorkflow", asked: Command) -> None:
        self.check(asked)

    for function in (handle, validate):
        function.__name__ = command.do
        function.__qualname__ = f"WorkOrderWorkflow.{command.do}"
        function.__annotations__ = {"asked": command, "return": Accepted}
    update = workflow.update(name=command.do, description=label(command.do, "command"))(handle)
    update.validator(validate)
    return update


def refusal(refused: Refused, at: str) -> ApplicationError:
    """The failure that a refusal is outside; never retried."""
    answer = Refusal(code=refused.code.value, reason=refused.reason, clause=refused.clause, at=at)
    return ApplicationError(refused.reason, answer.model_dump(mode="json"), type=answer.code, non_retryable=True)
