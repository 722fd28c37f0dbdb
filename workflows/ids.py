"""Identifiers of workflows and tasks, made in one place; API, rehearsal, operators and tests rely on them."""

WORK_ORDER = "WorkOrderWorkflow"
"""The registered name of the workflow type."""


def work_order_id(no: str) -> str:
    """The workflow id of an order. One order number has one workflow, for ever."""
    return f"work-order-{no}"
