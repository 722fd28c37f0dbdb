"""`jiesu jobs`: lists periodic jobs and runs one at once."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, NoReturn, TypeVar

import typer
from temporalio.client import Client
from temporalio.service import RPCError

from adapters.database.encryption import CannotDecrypt
from adapters.settings.settings import settings
from adapters.temporal.client import connect
from application.jobs.catalogue import JOBS, Job
from application.jobs.overview import JobNotRegistered, NoWorker, job_overview, run_job
from cli.error_messages import UNAVAILABLE, USAGE
from workflows.jobs.messages import moment, outcome_text

CONNECT_SECONDS = 10.0
FAILED = 1
"""Exit status: the job failed, or is not registered."""

HEADER = ("任务", "间隔", "上次运行", "结果", "下次运行", "内容")
NO_WORKER = "没有工作进程在运行（jiesu worker）"

T = TypeVar("T")

app = typer.Typer(help="查看、运行定期任务", no_args_is_help=True)


@app.command("list")
def show() -> None:
    """列出定期任务：名称、间隔、上次运行、结果、下次运行、内容。"""
    print("\t".join(HEADER))
    for line in _with_temporal(_lines):
        print(line)


@app.command()
def run(name: Annotated[str, typer.Argument(help="任务名称，见 jiesu jobs list")]) -> None:
    """立即运行一项任务，等它结束，显示结果。"""
    job = JOBS.get(name)
    if job is None:
        _end(f"没有名为“{name}”的定期任务，可用：{'、'.join(JOBS)}", USAGE)
    try:
        outcome = _with_temporal(lambda client: run_job(client, job, settings().task_queue))
    except NoWorker:
        _end(NO_WORKER, UNAVAILABLE)
    except JobNotRegistered:
        _end(f"{name} 尚未登记：工作进程启动时登记，请查看它的日志", FAILED)
    said = f"{name}：{outcome_text(job.definition(settings()), outcome)}"
    if outcome.failure is not None:
        _end(said, FAILED)
    print(said)


async def _lines(client: Client) -> list[str]:
    return list(await asyncio.gather(*(_line(client, job) for job in JOBS.values())))


async def _line(client: Client, job: Job) -> str:
    often, last, result, next_run = job.often(settings()), "—", "—", "—"
    try:
        known = await job_overview(client, job)
    except NoWorker:
        result = NO_WORKER
    except JobNotRegistered:
        result = "尚未登记"
    else:
        if known.last is not None:
            last = moment(known.last.began_at)
            result = outcome_text(job.definition(settings()), known.last)
        if known.running:
            next_run = "正在运行"
        elif known.paused:
            next_run = "已暂停"
        elif known.next_at is not None:
            next_run = moment(known.next_at)
    return "\t".join((job.name, often, last, result, next_run, job.title))


def _with_temporal(do: Callable[[Client], Awaitable[T]]) -> T:
    """The result of a call; ends the command with a message where Temporal does not answer."""

    async def call() -> T:
        return await do(await connect(settings().payload_key, CONNECT_SECONDS))

    try:
        return asyncio.run(call())
    except CannotDecrypt as error:
        _end(str(error), USAGE)
    except (RPCError, RuntimeError) as error:
        _end(f"Temporal 没有响应，请确认它在运行，TEMPORAL_ADDRESS 也指向它：{error}", UNAVAILABLE)


def _end(reason: str, status: int) -> NoReturn:
    print(reason, file=sys.stderr)
    raise typer.Exit(status)
