"""Child processes that log to a file, never outlive their parent, and stop in bounded time."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

LOG_LIMIT = 20_000_000  # bytes; one older log is kept too

# Runs between fork and the real program. Requesting a signal from the kernel at the parent's death is the
# only way that works when the parent is killed with -9. It is a program of its own because
# `preexec_fn` is unsafe (and warned against) in a process that has threads.
_TETHER = (
    "import ctypes, os, signal, sys\n"
    "ctypes.CDLL(None).prctl(1, signal.SIGKILL)\n"
    "if os.getppid() != int(sys.argv[1]): os._exit(1)\n"
    "os.execv(sys.argv[2], sys.argv[2:])\n"
)


@dataclass(frozen=True)
class Owner:
    """The system user a child runs as when the parent is root."""

    uid: int
    gid: int


@dataclass(frozen=True)
class ChildProcess:
    """A child process in a session of its own, so that a Ctrl-C in the terminal reaches the parent alone.

    On Linux a tethered child is killed when the *thread* that spawned it ends: spawn from a thread that
    lives as long as the child is wanted.
    """

    log: Path
    process: subprocess.Popen[bytes]

    @classmethod
    def spawn(
        cls,
        command: Sequence[str],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        owner: Owner | None = None,
        tether: bool = True,
    ) -> Self:
        """Start `command` (its first word a path), output appended to `log`. Raises OSError."""
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            log.replace(log.with_suffix(".log.1"))
        if tether and sys.platform == "linux":
            command = [sys.executable, "-I", "-S", "-c", _TETHER, str(os.getpid()), *command]
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=None if env is None else dict(env),
                cwd=cwd,
                start_new_session=True,
                user=owner.uid if owner else None,
                group=owner.gid if owner else None,
                extra_groups=[] if owner else None,
            )
        return cls(log, process)

    @property
    def status(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self.process.poll()

    def tail(self, lines: int = 20) -> str:
        """The end of the log."""
        return tail(self.log, lines)

    def stop(self, grace: float = 10.0, first: signal.Signals = signal.SIGTERM) -> None:
        """Send `first`, wait `grace` seconds, then kill the child and everything left in its session."""
        if self.process.poll() is not None:
            return
        self.process.send_signal(first)
        try:
            self.process.wait(grace)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def tail(log: Path, lines: int = 20) -> str:
    """The last lines of a file that may be long."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 64_000))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
