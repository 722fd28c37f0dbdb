"""The end of a program that has used Temporal's client.

The client's own threads may still hold on to Python while the interpreter takes itself apart, which then aborts with
"PyGILState_Release" (temporalio/sdk-python issue 300): work that is done and committed would be reported as failed.
"""

import atexit
import logging
import os
import sys
import traceback
from collections.abc import Callable

UNFLUSHED = 120
"""What Python itself ends with when its last words reach nobody."""


def run(program: Callable[[], object]) -> None:
    """Run a program to its end, and end the process with its status, once every other `atexit` function has run.

    What an interpreter does after them, taking itself apart, is left to the operating system. An interruption from the
    keyboard is passed on.
    """
    end = _End()
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


class _End:
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
    """What the interpreter makes of it: a text is printed and is a failure."""
    if asked.code is None:
        return 0
    if isinstance(asked.code, int):
        return asked.code
    sys.stderr.write(f"{asked.code}\n")
    return 1
