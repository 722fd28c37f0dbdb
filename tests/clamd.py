"""A fake clamd that detects one virus and can be closed."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

VIRUS = b"X5O!P%@AP-a-harmless-marker-that-stands-for-a-virus"
NAME = "Test-Signature"


class Clamd:
    """Listens on a port of this machine."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.broken = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"

    def serve(self) -> None:
        """Answer until closed."""
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as lines:
                if not self.broken:
                    connection.sendall(self._answer(lines))

    def close(self) -> None:
        """Close: connections are refused from now on."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _answer(self, said: BinaryIO) -> bytes:
        assert said.readline() == b"nINSTREAM\n"
        content = bytearray()
        while length := struct.unpack("!L", said.read(4))[0]:
            content += said.read(length)
        self.seen.append(len(content))
        return f"stream: {NAME} FOUND\n".encode() if VIRUS in content else b"stream: OK\n"


@contextmanager
def clamd() -> Iterator[Clamd]:
    """A running fake clamd."""
    peer = Clamd()
    thread = threading.Thread(target=peer.serve)
    thread.start()
    try:
        yield peer
    finally:
        if peer._listener.fileno() >= 0:
            peer.close()
        thread.join()
