"""Routes of commands on orders, one a command, so that the OpenAPI document has the body of each."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request

from api.auth.identity import ServicesDep, User
from api.idempotency import IdempotentRoute, request_key
from api.problems import ProblemError, answers
from application.orders.actor import actor_of
from application.orders.command_bodies import COMMAND_BODIES
from application.orders.commands import CommandRequest, carry_out_command
from application.orders.visibility import acting_unit, visible
from domain.order.commands import COMMANDS
from domain.refusal import Code, Refused
from workflows.messages import Accepted

router = APIRouter(prefix="/work-orders/{no}/commands", tags=["操作"], route_class=IdempotentRoute)

Handler = Callable[..., Awaitable[Accepted]]


def _route(do: str) -> Handler:
    async def command(
        no: str,
        request: Request,
        services: ServicesDep,
        user: User,
        body: Annotated[dict[str, Any] | None, Body()] = None,
    ) -> Accepted:
        if body is None and await request.body():
            raise ProblemError(422, "请求内容应为 JSON 对象，或者没有", Code.INVALID)
        await visible(services, user, no)
        said = dict(body or {})
        if (unit := acting_unit(user, said.get("unit"))) is not None:
            said["unit"] = unit
        return await carry_out_command(
            services, no, CommandRequest(do, said, actor_of(user), request_key(request) or "")
        )

    command.__name__ = do
    command.__doc__ = COMMANDS[do].__doc__
    return command


for _do in COMMANDS:
    router.post(
        f"/{_do}",
        responses=answers(400, 401, 403, 404, 409, 413, 422),
        openapi_extra={"x-body": COMMAND_BODIES[_do].__name__},
    )(_route(_do))


@router.post("/{command}", include_in_schema=False)
async def unknown(no: str, command: str, services: ServicesDep, user: User) -> Accepted:
    """Any other name. Raises Refused(invalid)."""
    await visible(services, user, no)
    raise Refused(Code.INVALID, f"没有名为“{command[:60]}”的操作")
