"""Errors whose text is safe to log, and errors raised while an external service does not answer."""

from typing import Final

from obstore.exceptions import GenericError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, ProgrammingError
from temporalio.client import WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError


class SafeError(Exception):
    """Its text is a code of ours or a status, and never quotes a request or an answer."""


TRANSIENT_ERRORS: Final[tuple[type[Exception], ...]] = (
    OperationalError,
    InterfaceError,
    RPCError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
    GenericError,
    TimeoutError,
    ConnectionError,
)
"""Errors that may pass by themselves: the same request may be retried."""

NO_TABLES: Final = frozenset({"42P01", "42703"})
"""SQLSTATE of a missing table and a missing column."""


def unavailable_service(error: Exception) -> str:
    """The service that one of `TRANSIENT_ERRORS` is about, in Chinese, and the first line of the error."""
    said = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    if isinstance(error, DBAPIError | TimeoutError):
        what = "数据库"
    else:
        what = "文件存储" if isinstance(error, GenericError) else "Temporal "
    return f"{what}没有响应（{said.strip().partition(chr(10))[0] or type(error).__name__}）"


def lacks_tables(error: Exception) -> bool:
    """Whether the database's schema is of another version."""
    return isinstance(error, ProgrammingError) and getattr(error.orig, "sqlstate", None) in NO_TABLES
