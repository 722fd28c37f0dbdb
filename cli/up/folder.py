"""The data folder of `jiesu up`: locked by one process at a time, one layout, secrets created once."""

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from cli.up.errors import CannotStartError

LAYOUT = "1"  # changes when an older folder can no longer be used as it is
SPACE_NEEDED = 500_000_000  # bytes; an empty installation takes about 100 MB
SECRET_BYTES = {
    "secret_key": 32,
    "data_key": 32,
    "archive_key": 32,
    "twilio_auth_token": 24,
    "city_secret": 32,
}
SHARED_SECRETS = frozenset({"twilio_auth_token", "city_secret"})
"""Secrets shared with other parties: their settings have no prefix `JIESU_`."""

KEY_OF = "open311_key_"
PASSWORD_LENGTH = 12
READABLE = "abcdefghjkmnpqrstuvwxyz23456789"  # no look-alikes: people copy passwords from a screen


@contextmanager
def opened(folder: Path, space_needed: int = SPACE_NEEDED) -> Iterator[Path]:
    """The folder's absolute path, created if missing and locked against a second `jiesu up`.

    Raises CannotStartError, also for a write inside the block that the file system rejects.
    """
    folder = folder.expanduser().absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _check_layout(folder)
        with (folder / "up.lock").open("a") as lock:
            _lock(lock.fileno(), folder)
            if shutil.disk_usage(folder).free < space_needed:
                raise CannotStartError(f"磁盘剩余空间不足：{folder} 需要 {space_needed // 1_000_000} MB")
            (folder / "VERSION").write_text(f"{LAYOUT}\n")
            yield folder
    except OSError as error:
        raise CannotStartError(f"无法写入数据文件夹 {folder}：{error.strerror or error}") from error


def load_secrets(folder: Path) -> dict[str, str]:
    """The development secrets, readable by the owner alone; missing ones are created."""
    file = folder / "secrets.json"
    known = json.loads(file.read_text()) if file.exists() else {}
    complete = known | {name: known.get(name) or secrets.token_urlsafe(size) for name, size in SECRET_BYTES.items()}
    complete["login_password"] = known.get("login_password") or "".join(
        secrets.choice(READABLE) for _ in range(PASSWORD_LENGTH)
    )
    if complete != known:
        _write(file, complete)
    return complete


def load_keys(folder: Path) -> dict[str, str]:
    """The keys of the public interface by regime, which are stored among the secrets."""
    known = json.loads((folder / "secrets.json").read_text())
    return {name.removeprefix(KEY_OF): key for name, key in known.items() if name.startswith(KEY_OF)}


def keep_keys(folder: Path, keys: Mapping[str, str]) -> None:
    """Add keys by regime to the secrets, which must be loaded before; an existing key is kept."""
    file = folder / "secrets.json"
    known = json.loads(file.read_text())
    _write(file, {f"{KEY_OF}{regime}": key for regime, key in keys.items()} | known)


def keep_addresses(folder: Path, addresses: Mapping[str, str]) -> None:
    """Store the settings by which the services of this folder are reached: setting → value, none of them secret."""
    _write(folder / "addresses.json", dict(addresses))


def secret_settings(secrets_known: Mapping[str, str]) -> dict[str, str]:
    """The secrets by the names that `adapters.settings.settings` reads."""
    return {(name if name in SHARED_SECRETS else f"jiesu_{name}").upper(): secrets_known[name] for name in SECRET_BYTES}


def known_settings(folder: Path) -> dict[str, str]:
    """The settings of the installation in a folder; none if no `jiesu up` was started there by this user."""
    try:
        addresses: dict[str, str] = json.loads((folder / "addresses.json").read_text())
        known: dict[str, str] = json.loads((folder / "secrets.json").read_text())
    except OSError:
        return {}
    return {"JIESU_DATA": str(folder)} | addresses | secret_settings(known)


def _write(file: Path, complete: Mapping[str, str]) -> None:
    draft = file.with_name(f"{file.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
        json.dump(complete, output, indent=2)
        output.flush()
        os.fsync(output.fileno())
    draft.replace(file)


def _check_layout(folder: Path) -> None:
    version = folder / "VERSION"
    if version.exists():
        if (found := version.read_text().strip()) != LAYOUT:
            raise CannotStartError(
                f"数据文件夹 {folder} 的版本是 {found}，本程序需要 {LAYOUT}；"
                "请用建立它的版本打开，或用 --data 换一个文件夹"
            )
    elif not all(_left_by_command(entry) for entry in folder.iterdir()):
        raise CannotStartError(f"{folder} 不是空的，也不是接诉的数据文件夹；请用 --data 换一个")


def _left_by_command(entry: Path) -> bool:
    """Whether a command that was run before the first start left this entry."""
    return entry.name == "up.lock" or (entry.name == "objects" and not any(entry.iterdir()))


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CannotStartError(f"另一个 jiesu up 正在使用数据文件夹 {folder}") from None
