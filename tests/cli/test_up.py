"""`jiesu up` as an operator meets it: real processes, real ports, real folders."""

import fcntl
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from adapters.local.temporal import free_port
from adapters.settings.settings import ROOT, environment
from cli.up.errors import CannotStartError
from cli.up.folder import keep_keys, load_keys, load_secrets, opened
from cli.up.stamp import SOURCES, Stamp, stamp

OPTIONS = ("--port", "--temporal-port", "--ui-port", "--gateway-port", "--city-port")
START_LIMIT = 120.0  # seconds; a loaded machine is not what is tested
STOP_LIMIT = 60.0


def up(data: Path, ports: Mapping[str, int] | None = None) -> list[str]:
    chosen = {option: free_port() for option in OPTIONS} | dict(ports or {})
    words = [word for option, port in chosen.items() for word in (option, str(port))]
    return [sys.executable, "-m", "cli.main", "up", "--data", str(data), *words]


def refused(data: Path, ports: Mapping[str, int] | None = None) -> str:
    """The error of a `jiesu up` that does not start; fails if it started anything or printed a trace."""
    ended = subprocess.run(up(data, ports), cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2, ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""
    return ended.stderr


def test_a_busy_port_is_named_with_its_option_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        message = refused(tmp_path / "data", {"--ui-port": port})
    assert f"端口 {port} 已被别的程序占用，可以用 --ui-port 换一个" in message
    assert not (tmp_path / "data" / "postgres").exists()


def test_one_port_for_two_services_is_refused(tmp_path: Path) -> None:
    port = free_port()
    assert f"端口 {port} 分给了两个服务" in refused(tmp_path / "data", {"--port": port, "--city-port": port})


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "up.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "另一个 jiesu up 正在使用" in refused(tmp_path)


def test_a_folder_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "VERSION").write_text("99\n")
    assert "的版本是 99" in refused(tmp_path)


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").touch()
    assert "不是接诉的数据文件夹" in refused(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["holiday.jpg"]


def test_what_a_command_leaves_before_the_first_start_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "objects").mkdir()
    with opened(tmp_path, space_needed=0):
        assert (tmp_path / "VERSION").exists()
    (tmp_path / "VERSION").unlink()
    (tmp_path / "objects" / "holiday.jpg").touch()
    with pytest.raises(CannotStartError, match="不是接诉的数据文件夹"), opened(tmp_path, space_needed=0):
        pytest.fail("it was opened")


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "无法写入数据文件夹" in refused(tmp_path / "file" / "data")
    assert "无法写入数据文件夹" in refused(Path("/proc/jiesu"))


def test_a_disk_without_space_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotStartError, match="磁盘剩余空间不足"), opened(tmp_path, space_needed=10**18):
        pytest.fail("it was opened")


def test_secrets_are_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    first = load_secrets(tmp_path)
    assert load_secrets(tmp_path) == first
    assert len(set(first.values())) == len(first)
    assert first["login_password"].isalnum()
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_keys_are_kept_among_the_secrets_and_stay_what_they_are(tmp_path: Path) -> None:
    password = load_secrets(tmp_path)["login_password"]
    assert load_keys(tmp_path) == {}
    keep_keys(tmp_path, {"one": "a_1"})
    keep_keys(tmp_path, {"one": "b_2", "two": "c_3"})
    assert load_keys(tmp_path) == {"one": "a_1", "two": "c_3"}
    assert load_secrets(tmp_path)["login_password"] == password
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_a_database_is_filled_again_when_it_or_what_fills_it_is_new(tmp_path: Path) -> None:
    assert all(list(ROOT.glob(pattern)) for pattern in SOURCES)
    rules, database = tmp_path / "policies.yaml", tmp_path / "postgres"
    rules.write_text("one")
    first = stamp(rules, "secret")
    database.mkdir()
    assert not Stamp(tmp_path / "filled", database, first).holds
    Stamp(tmp_path / "filled", database, first).put()
    assert Stamp(tmp_path / "filled", database, first).holds
    assert not Stamp(tmp_path / "filled", tmp_path / "made-anew", first).holds
    rules.write_text("two")
    assert not Stamp(tmp_path / "filled", database, stamp(rules, "secret")).holds


class Running:
    """A running `jiesu up` that has printed its tables."""

    def __init__(self, process: subprocess.Popen[str], base: str, password: str, door: tuple[str, str]) -> None:
        self.process = process
        self.base = base
        self.password = password
        self.door = door

    def send_in(self) -> None:
        """Send a demand by Open311, with the key that was printed."""
        regime, key = self.door
        demand = {"jurisdiction_id": regime, "api_key": key, "service_code": "help", "address_string": "学府路"}
        httpx.post(f"{self.base}/open311/v2/requests.json", data=demand, timeout=30).raise_for_status()

    def order_count(self) -> int:
        """The number of orders that the hotline's director sees."""
        form = {"username": "hotline_director", "password": self.password}
        with httpx.Client(base_url=f"{self.base}/api/v1", timeout=30) as client:
            token = client.post("/token", data=form).raise_for_status().json()["access_token"]
            headers = {"Authorization": f"Bearer {token}"}
            found = client.get("/work-orders", headers=headers, params={"limit": 100}).raise_for_status()
            return len(found.json()["items"])


def processes() -> dict[int, int]:
    """Every process of the machine with its parent."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            found[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    return found


def below(ancestor: int, *, deep: bool = True) -> set[int]:
    """The children of a process; with `deep` all that descend from it."""
    parents = processes()
    found = {pid for pid, parent in parents.items() if parent == ancestor}
    while deep and (more := {pid for pid, parent in parents.items() if parent in found} - found):
        found |= more
    return found


@contextmanager
def running(data: Path) -> Iterator[Running]:
    """Start, wait for both tables and for readiness; kill all processes that a failed test leaves."""
    port = free_port()
    output = data.with_suffix(".out")
    with output.open("w") as screen:
        process = subprocess.Popen(
            up(data, {"--port": port}), cwd=ROOT, stdout=screen, stderr=subprocess.STDOUT, text=True
        )
    try:
        deadline = time.monotonic() + START_LIMIT
        while "按 Ctrl-C 停止" not in (shown := output.read_text()):
            assert process.poll() is None, shown
            assert time.monotonic() < deadline, shown
            time.sleep(0.1)
        base = f"http://127.0.0.1:{port}"
        assert httpx.get(f"{base}/health/ready", timeout=10).is_success
        login = re.search(r"hotline_director[│\s]+([^│\s]+)", shown)
        door = re.search(r"受理密钥（(\w+)）[│\s]+([^│\s]+)", shown)
        assert login and door, shown
        yield Running(process, base, login[1], (door[1], door[2]))
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(STOP_LIMIT)
    assert "Traceback" not in output.read_text()


def in_another_terminal(data: Path, *words: str) -> str:
    """The output of a command in another terminal, in which only the data folder is set."""
    env = {name: value for name, value in environment().items() if name not in ("DATABASE_URL", "TEMPORAL_ADDRESS")}
    command = [sys.executable, "-m", "cli.main", *words]
    env["JIESU_DATA"] = str(data)
    ended = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def gone(pids: set[int]) -> bool:
    return not any(Path(f"/proc/{pid}").exists() for pid in pids)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_up_whole(tmp_path: Path, stop: signal.Signals) -> None:
    """Start, stop without a trace, start again on the same data and find every order, also one of the public's."""
    counts = []
    for _ in range(2):
        with running(tmp_path / "data") as system:
            counts.append(system.order_count())
            system.send_in()
            # Both need the secrets of the folder, not only the address of its database.
            assert "均完好" in in_another_terminal(tmp_path / "data", "archive", "verify", "--all")
            assert in_another_terminal(tmp_path / "data", "users", "list").startswith("admin\t")
            in_another_terminal(tmp_path / "data", "db", "upgrade")
            children = below(system.process.pid)
            assert len(children) >= 6
            system.process.send_signal(stop)
            assert system.process.wait(STOP_LIMIT) == 0
            assert gone(children)
    assert counts[1] == counts[0] + 1 > 1


def test_up_survives_its_own_sudden_death(tmp_path: Path) -> None:
    """A kill -9 ends its children too, except PostgreSQL, which the next start reuses."""
    with running(tmp_path / "data") as system:
        count = system.order_count()
        postgres = int((tmp_path / "data" / "postgres" / "postmaster.pid").read_text().split()[0])
        children = below(system.process.pid, deep=False) - {postgres}
        assert len(children) >= 5
        system.process.kill()
        system.process.wait()
        deadline = time.monotonic() + STOP_LIMIT
        while not gone(children):
            assert time.monotonic() < deadline
            time.sleep(0.05)
    with running(tmp_path / "data") as system:
        assert system.order_count() == count
