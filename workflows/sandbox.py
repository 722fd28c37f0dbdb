"""The one workflow runner of worker, tests and replayer.

The sandbox stays on: it catches clocks, chance and I/O in workflow code. `domain` and `activities` pass
through once, because reloading them for every run costs more than the run; ruff bans clocks and chance there.
"""

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions


def runner() -> SandboxedWorkflowRunner:
    """A sandboxed runner that passes the pure core, the activities' signatures and pydantic through."""
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(
            "domain", "activities", "pydantic", "pydantic_core", "annotated_types", "typing_extensions"
        )
    )
