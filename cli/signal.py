"""`jiesu signal`: sends a signal to orders without the API, with the proof that orders require."""

import asyncio
import getpass
import json
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from temporalio.service import RPCError, RPCStatusCode

from adapters.auth.signal_proofs import Proofs
from adapters.settings.settings import settings
from adapters.temporal.client import connect
from cli.error_messages import UNAVAILABLE
from domain.access.signal_proof import FIELD
from domain.permissions import TABLE
from domain.words import Role
from workflows.ids import work_order_id

SIGNALS = ("decide", "adopt_policy", "adopt_calendar")
CONNECT_SECONDS = 10.0
"""Shorter than a worker's timeout, because a person waits."""

NOT_HEARD = 1
"""The exit status if an order does not exist or has ended."""


def command(
    name: Annotated[str, typer.Argument(help="decide、adopt_policy 或 adopt_calendar")],
    orders: Annotated[list[str] | None, typer.Argument(help="工单编号，可以几个")] = None,
    query: Annotated[str, typer.Option(help="Temporal 的查询条件，代替工单编号")] = "",
    body: Annotated[Path, typer.Option(help="信号内容，JSON 文件；- 为标准输入")] = Path("-"),
    person: Annotated[str, typer.Option(help="谁发出的，记入台账")] = "",
) -> None:
    """向工单发信号，附身份凭证。逐件发送，结果见工单经过。"""
    if bool(orders) == bool(query):
        _refuse("请给出工单编号，或用 --query 给出查询条件，二者取一")
    if name not in SIGNALS:
        _refuse(f"没有名为“{name}”的信号，可用：{'、'.join(SIGNALS)}")
    try:
        said = json.loads(sys.stdin.read() if str(body) == "-" else body.read_text("utf-8"))
    except (OSError, ValueError) as error:
        _refuse(f"信号内容读不出来：{getattr(error, 'strerror', None) or '不是有效的 JSON'}")
    if not isinstance(said, dict):
        _refuse("信号内容应为 JSON 对象")
    by = said.get("as", "") if name == "decide" else Role.ADMIN.value
    if by not in {role.value for role in TABLE[name].to}:
        _refuse(f"岗位“{by}”不能发出 {name}")
    try:
        missed = asyncio.run(_send(name, orders or query, said, Role(by), person or getpass.getuser()))
    except (RPCError, RuntimeError) as error:
        if getattr(error, "status", None) is RPCStatusCode.INVALID_ARGUMENT:
            _refuse(f"查询条件不能用：{error}")
        print(f"Temporal 没有响应，请确认它在运行，TEMPORAL_ADDRESS 也指向它：{error}", file=sys.stderr)
        raise typer.Exit(UNAVAILABLE) from None
    if missed:
        raise typer.Exit(NOT_HEARD)


async def _send(name: str, to: list[str] | str, said: dict[str, Any], by: Role, person: str) -> int:
    """Send a signal to orders by number or by a Temporal query; returns how many did not exist or had ended.

    Timeout and retries are the client's. A second run sends another signal, which an order treats as a repeated one.
    """
    chosen = settings()
    proofs = Proofs(chosen.secret_key, chosen.proof_seconds, bare=chosen.takes_bare_signals)
    named = said | ({} if name == "adopt_calendar" else {"person": person})
    client = await connect(chosen.payload_key, CONNECT_SECONDS)
    if isinstance(to, str):
        to = [found.id.removeprefix(work_order_id("")) async for found in client.list_workflows(to)]
        print(f"查到 {len(to)} 件", file=sys.stderr)
    missed = 0
    for no in to:
        proof = proofs.sign(no, name, named, by=by, person=person)
        try:
            await client.get_workflow_handle(work_order_id(no)).signal(name, named | {FIELD: proof})
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            missed += 1
            print(f"{no}：没有这件工单，或已归档", file=sys.stderr)
        else:
            print(f"{no}：已送达")
    return missed


def _refuse(reason: str) -> NoReturn:
    print(reason, file=sys.stderr)
    raise typer.Exit(2)
