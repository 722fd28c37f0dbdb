"""Identifiers of workflows and tasks, made in one place; API, rehearsal, operators and tests rely on them."""

WORK_ORDER = "WorkOrderWorkflow"
"""The registered name of the workflow type."""


def messages_queue(task_queue: str) -> str:
    """The task queue of texts and calls, apart from that of the orders."""
    return f"{task_queue}-messages"


def work_order_id(no: str) -> str:
    """The workflow id of an order. One order number has one workflow, for ever."""
    return f"work-order-{no}"
