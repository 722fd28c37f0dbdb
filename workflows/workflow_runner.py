"""The one workflow runner of worker, tests and replayer.

The sandbox stays on: it catches clocks, randomness and I/O in workflow code. It imports every module that is not passed
through again for each run, which costs more than the run; so the pure core, the activities' signatures and the
stateless modules beside the workflow are passed through, and ruff bans clocks and randomness there. The module that
defines the workflow is never passed through.
"""

from temporalio.worker import UnsandboxedWorkflowRunner, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

PASSED = (
    "domain",
    "activities",
    "workflows.update_handlers",
    "workflows.ui_texts",
    "workflows.effect_activities",
    "workflows.effects_under_way",
    "workflows.ids",
    "workflows.jobs.messages",
    "workflows.messages",
    "workflows.search_attributes",
    "pydantic",
    "pydantic_core",
    "annotated_types",
    "typing_extensions",
)


def runner(*, sandboxed: bool = True) -> WorkflowRunner:
    """A sandboxed runner that passes through everything but the workflow's own module; a bare one for rehearsals."""
    if not sandboxed:
        return UnsandboxedWorkflowRunner()
    return SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED))
