"""One execution of a job by its activity, and the workflow that a schedule starts for it."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, TimeoutError

from activities.jobs import DO_JOB, HEARTBEAT
from workflows.jobs.messages import JOB_RUN, JobDefinition, JobOutcome, JobStatus, details


async def execute(job: JobDefinition) -> JobOutcome:
    """Run the job's activity to its end. Raises ActivityError when its attempts are used up."""
    began = workflow.now()
    limit = timedelta(seconds=job.limit)
    count: int = await workflow.execute_activity(
        DO_JOB,
        job.name,
        result_type=int,
        start_to_close_timeout=limit,
        schedule_to_close_timeout=limit,
        heartbeat_timeout=HEARTBEAT,
        retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=5), maximum_attempts=job.attempts),
        summary=job.title,
    )
    return JobOutcome(began_at=began, ended_at=workflow.now(), count=count)


def reason(error: ActivityError) -> str:
    """The failure of the last attempt: a type, and a text that is safe to show."""
    match error.cause:
        case ApplicationError(type=kind, message=text):
            return f"{kind}: {text}"
        case TimeoutError():
            return "超时"
        case cause:
            return type(cause or error).__name__


@workflow.defn(name=JOB_RUN)
class JobRunWorkflow:
    """One run of a scheduled job."""

    @workflow.init
    def __init__(self, job: JobDefinition) -> None:
        """Show what is about to run."""
        self.state = JobStatus(job=job, running=True)
        workflow.set_current_details(details(self.state))

    @workflow.run
    async def run(self, job: JobDefinition) -> JobOutcome:
        """Run the job once. The workflow fails with the activity's last failure."""
        began = workflow.now()
        try:
            outcome = await execute(job)
        except ActivityError as error:
            self.show(JobOutcome(began_at=began, ended_at=workflow.now(), failure=reason(error)))
            raise
        self.show(outcome)
        return outcome

    @workflow.query
    def status(self) -> JobStatus:
        """The state and result of this run."""
        return self.state

    def show(self, outcome: JobOutcome) -> None:
        """Note the result, also for the Temporal UI."""
        self.state = JobStatus(job=self.state.job, running=False, last=outcome)
        workflow.set_current_details(details(self.state))
