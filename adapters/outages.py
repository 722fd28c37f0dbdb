"""What is raised while something that this process depends on does not answer."""

from typing import Final

from obstore.exceptions import GenericError
from sqlalchemy.exc import InterfaceError, OperationalError
from temporalio.client import WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError

OUTAGES: Final[tuple[type[Exception], ...]] = (
    OperationalError,
    InterfaceError,
    RPCError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
    GenericError,
    TimeoutError,
    ConnectionError,
)
"""All of them may pass by themselves: the same request may be made again."""
