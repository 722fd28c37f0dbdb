"""The peers as real processes on free ports, and a listener for what they post."""

import os
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Thread
from urllib.parse import parse_qsl

import httpx
import pytest

from adapters.child_process import ChildProcess
from adapters.local_temporal import free_port
from adapters.settings import ROOT
from tests.sandbox.words import ACCOUNT, TOKEN, Peer, Posted


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    """Start a module of `sandbox` and wait for it: its base URL and its process."""
    started: list[ChildProcess] = []
    logs = tmp_path_factory.mktemp("peers")

    def start(module: str, *options: str) -> tuple[str, ChildProcess]:
        base = f"http://127.0.0.1:{(port := free_port())}"
        command = [sys.executable, "-m", f"sandbox.{module}", "--port", str(port), *options]
        env = os.environ | {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN}
        child = ChildProcess.spawn(command, logs / f"{module}.log", env=env, cwd=ROOT)
        started.append(child)
        deadline = time.monotonic() + 30
        while True:
            try:
                httpx.get(f"{base}/health").raise_for_status()
            except httpx.HTTPError:
                assert child.status is None, child.tail()
                assert time.monotonic() < deadline, child.tail()
                time.sleep(0.05)
            else:
                return base, child

    yield start
    for child in started:
        child.stop()


@pytest.fixture(scope="module")
def listener() -> Iterator[tuple[str, Queue[Posted]]]:
    """An HTTP server that keeps the forms posted to it: its base URL and the queue."""
    posted: Queue[Posted] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            posted.put((self.path, dict(parse_qsl(body)), self.headers["X-Twilio-Signature"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", posted
        server.shutdown()
