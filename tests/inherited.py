"""State that a test run inherits from the process that started it, set to known values for tests and their children."""

import os
import signal
import tempfile
import time
from typing import Final

KEPT: Final = frozenset({"HOME", "LD_LIBRARY_PATH", "LOGNAME", "PATH", "PWD", "SHELL", "USER", "VIRTUAL_ENV"})
"""Variables that say where things are on this machine."""

KEPT_PYTHON: Final = frozenset({"PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONPYCACHEPREFIX"})

KEPT_PREFIXES: Final = ("COVERAGE_", "JIESU_FUZZ_", "JIESU_LIVES", "JIESU_RACES", "PYTEST_")
"""Variables that steer the test run itself."""

LONGEST_FOLDER: Final = 60
"""Characters of a temporary folder: the address of a Unix socket below it may have 104."""


def neutralise() -> None:
    """Drop every variable that is not listed above, and restore default signals, umask, time zone and temporary folder.

    Settings of this program, proxies, locale, terminal and output options are among the variables dropped. Temporal's
    client reads no profile of the user's. Has to run in the main thread, before any child process starts.
    """
    known = {name: value for name, value in os.environ.items() if _is_kept(name, value)}
    os.environ.clear()
    os.environ.update(known, TZ="UTC", TEMPORAL_CONFIG_FILE=os.devnull)
    time.tzset()
    tempfile.tempdir = None
    os.umask(0o022)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD, signal.SIGALRM):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


def _is_kept(name: str, value: str) -> bool:
    if name in ("TMPDIR", "TEMP", "TMP"):
        return len(value) <= LONGEST_FOLDER
    return name in KEPT or name in KEPT_PYTHON or name.startswith(KEPT_PREFIXES)
