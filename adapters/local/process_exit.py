"""Ends a program that has used Temporal's client.

Threads of the client may use Python during interpreter shutdown, which then aborts with
"PyGILState_Release" (temporalio/sdk-python issue 300): finished and committed work would be reported as failed.
"""

import atexit
import logging
import os
import sys
import traceback
from collections.abc import Callable

UNFLUSHED = 120
"""Python's own exit status when flushing standard output fails at exit."""


def run(program: Callable[[], object]) -> None:
    """Run a program, then all other `atexit` functions, and end the process with its status.

    Interpreter shutdown is skipped; the operating system frees the rest. An interruption from the
    keyboard is passed on.
    """
    end = _ProcessExit()
    atexit.register(end.leave)  # the first registered runs last
    try:
        program()
    except SystemExit as asked:
        end.status = _status(asked)
    except Exception:
        traceback.print_exc()
        end.status = 1
    except BaseException:
        atexit.unregister(end.leave)
        raise
    sys.exit(end.status)


class _ProcessExit:
    status = 0

    def leave(self) -> None:
        logging.shutdown()
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except OSError:
            self.status = self.status or UNFLUSHED
        os._exit(self.status)


def _status(asked: SystemExit) -> int:
    """The exit status as Python defines it: a text is printed and counts as a failure."""
    if asked.code is None:
        return 0
    if isinstance(asked.code, int):
        return asked.code
    sys.stderr.write(f"{asked.code}\n")
    return 1
