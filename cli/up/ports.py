"""Checks that the ports are free before anything starts, so that nothing has to be undone."""

import errno
import socket
from collections import Counter
from collections.abc import Mapping

from cli.up.errors import CannotStartError

HOST = "127.0.0.1"


def refuse_busy(ports: Mapping[str, int]) -> None:
    """Raise CannotStartError for every port that is taken; `ports` is option → number."""
    twice = [port for port, count in Counter(ports.values()).items() if count > 1]
    problems = [f"端口 {port} 分给了两个服务" for port in twice]
    for option, port in ports.items():
        if reason := _why_not(port):
            problems.append(f"端口 {port} {reason}，可以用 {option} 换一个")
    if problems:
        raise CannotStartError("；\n".join(problems))


def _why_not(port: int) -> str | None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            return "已被别的程序占用" if error.errno == errno.EADDRINUSE else f"不能使用（{error.strerror}）"
    return None
