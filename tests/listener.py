"""A local listener that must not be contacted, and a record of what reached it."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread


@dataclass
class Listener:
    """The listener: its `url`, and in `heard` the first bytes of every connection."""

    url: str
    heard: list[bytes] = field(default_factory=list)


@contextmanager
def listening(answer: bytes = b"") -> Iterator[Listener]:
    """Listen until the block ends; every connection is recorded, answered and closed."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        listener = Listener(f"http://127.0.0.1:{server.getsockname()[1]}")

        def take() -> None:
            while True:
                connection, _ = server.accept()
                with connection:
                    connection.settimeout(10)
                    first = connection.recv(65_536)
                    if first == b"enough":
                        return
                    listener.heard.append(first)
                    connection.sendall(answer)

        thread = Thread(target=take, daemon=True)
        thread.start()
        try:
            yield listener
        finally:
            # Connections are handled in order: all earlier ones are recorded when the thread ends.
            with socket.create_connection(server.getsockname(), timeout=10) as last:
                last.sendall(b"enough")
            thread.join(10)
