"""Loads secrets from a file or from a program that fetches them, and splits lists of secrets.

`file:/run/secrets/data_key` reads a file, as Docker and Kubernetes provide secrets. `exec:/opt/fetch-key data`
runs a program, which may query any key management service, and uses its output. Either may give one key a line.
Any other value is the secret itself.
"""

import shlex
import subprocess
from pathlib import Path
from typing import Final

SECONDS: Final = 20.0
"""Time limit of a program; a process that does not get its keys does not start."""

MOST_BYTES: Final = 64 * 1024
FILE, EXEC = "file:", "exec:"


def secret(value: str) -> str:
    """Resolve a setting to its secret; lines become a comma-separated list.

    Called once, at process start: a program that fails or does not answer within `SECONDS` prevents the
    start. Raises ValueError, which never quotes what was read or printed.
    """
    if value.startswith(FILE):
        return _joined(_file_content(Path(value.removeprefix(FILE))))
    if value.startswith(EXEC):
        return _joined(_program_output(value.removeprefix(EXEC)))
    return value


def secrets_of(listed: str) -> tuple[str, ...]:
    """The secrets of a comma separated list; the first is the one to use, all are to be accepted.

    While a secret is being changed, the old one stays valid beside the new one.
    """
    return tuple(secret for part in listed.split(",") if (secret := part.strip()))


def _file_content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ValueError(f"读不到密钥文件 {path}：{error.strerror}") from None


def _program_output(command: str) -> bytes:
    try:
        words = shlex.split(command)
        done = subprocess.run(  # noqa: S603 (the operator's own setting)
            words, check=False, capture_output=True, timeout=SECONDS, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        raise ValueError(f"取密钥的程序在 {SECONDS:g} 秒内没有完成") from None
    except (OSError, ValueError, IndexError):
        raise ValueError("取密钥的程序无法运行，请检查 exec: 之后的命令") from None
    if done.returncode:
        raise ValueError(f"取密钥的程序以状态 {done.returncode} 结束")
    return done.stdout


def _joined(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise ValueError("密钥过长")
    try:
        lines = content.decode().splitlines()
    except UnicodeDecodeError:
        raise ValueError("密钥须为文本") from None
    found = ",".join(line.strip() for line in lines if line.strip())
    if not found:
        raise ValueError("密钥为空")
    return found
