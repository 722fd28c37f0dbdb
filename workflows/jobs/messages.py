"""Names, ids and values of periodic jobs, and the text that the Temporal UI shows of one."""

from datetime import datetime

from domain.calendar.business_calendar import CST
from domain.words import Frozen

JOB_RUN = "JobRunWorkflow"
"""The registered name of the workflow that is one run of a schedule."""

HOUSEKEEPING = "HousekeepingWorkflow"
"""The registered name of the workflow that runs a frequent job in rounds."""

ADJUST = "adjust"
"""The signal that brings a running housekeeping workflow the present definition of its job."""


def jobs_queue(task_queue: str) -> str:
    """The task queue of periodic jobs, beside that of the orders."""
    return f"{task_queue}-jobs"


def job_id(name: str) -> str:
    """The id of a job's schedule, or of its housekeeping workflow. One job has one, in all processes."""
    return f"job-{name}"


class JobDefinition(Frozen):
    """A job as a workflow needs it. `report` is Chinese with `{}` for the count; times are in seconds.

    `every` is the pause between rounds, None where a schedule says when. `limit` bounds one run with all its attempts.
    """

    name: str
    title: str
    report: str
    limit: float
    attempts: int
    every: float | None = None


class JobOutcome(Frozen):
    """The result of one run: how many things it did, or why it failed."""

    began_at: datetime
    ended_at: datetime
    count: int | None = None
    failure: str | None = None


class HousekeepingInput(Frozen):
    """The start of a housekeeping workflow; what it knows of earlier rounds goes along with continue-as-new."""

    job: JobDefinition
    last: JobOutcome | None = None
    failures: int = 0


class JobStatus(Frozen):
    """The answer to the query `status`. `failures` counts failed rounds in a row."""

    job: JobDefinition
    running: bool
    last: JobOutcome | None = None
    next_at: datetime | None = None
    failures: int = 0


def outcome_text(job: JobDefinition, outcome: JobOutcome) -> str:
    """One line: what a run did, or why it failed."""
    if outcome.failure is not None:
        return f"失败：{outcome.failure}"
    return job.report.format(outcome.count) if outcome.count else "没有需要处理的"


def moment(at: datetime) -> str:
    """A moment in Chinese time, to the second."""
    return at.astimezone(CST).strftime("%Y-%m-%d %H:%M:%S")


def details(status: JobStatus) -> str:
    """Markdown for the Temporal UI: what the job does, when it ran last, with what result, and when it runs next."""
    job, last = status.job, status.last
    lines = [f"## 定期任务 {job.name}", f"**内容**：{job.title}"]
    if job.every is not None:
        lines.append(f"**间隔**：每 {job.every:g} 秒")
    if last is not None:
        lines += [f"**上次运行**：{moment(last.began_at)}", f"**结果**：{outcome_text(job, last)}"]
    if status.failures:
        lines.append(f"**连续失败**：{status.failures} 次")
    if status.running:
        lines.append("**正在运行**")
    elif status.next_at is not None:
        lines.append(f"**下次运行**：{moment(status.next_at)}")
    return "\n\n".join(lines)
