"""Fixtures: the peers as real processes on free ports, and a fake hotline that receives the gateway's requests."""

import os
import sys
import time
from collections.abc import Iterator
from threading import Thread
from typing import Final

import httpx
import pytest

from adapters.local.child_process import ChildProcess
from adapters.local.temporal import free_port
from adapters.settings.settings import ROOT
from tests.sandbox.words import ACCOUNT, PATIENCE, TOKEN, Listener, Peer

MODULES: Final = {"gateway": "sandbox.telephone.gateway", "city": "sandbox.city.platform"}


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    """Start a module of `sandbox` and wait for it: its base URL and its process."""
    started: list[ChildProcess] = []
    logs = tmp_path_factory.mktemp("peers")

    def start(module: str, *options: str) -> tuple[str, ChildProcess]:
        base = f"http://127.0.0.1:{(port := free_port())}"
        command = [sys.executable, "-m", MODULES[module], "--port", str(port), *options]
        env = os.environ | {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN}
        child = ChildProcess.spawn(command, logs / f"{module}.log", env=env, cwd=ROOT)
        started.append(child)
        deadline = time.monotonic() + PATIENCE
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
        # A traceback in the log is a fault that no answer showed.
        assert "Traceback" not in child.tail(200), child.tail(200)


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    """The fake hotline; at the end every request must have had a valid signature."""
    hotline = Listener()
    with hotline.server as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield hotline
        server.shutdown()
    assert hotline.forged == []


@pytest.fixture(scope="module")
def gateway(peer: Peer, tmp_path_factory: pytest.TempPathFactory, listener: Listener) -> str:
    """One gateway for tests that use telephone numbers of their own; it speaks fast."""
    data = str(tmp_path_factory.mktemp("gateway"))
    options = ("--data", data, "--inbound-url", f"{listener.url}/webhooks/sms", "--speech-rate", "1000")
    return peer("gateway", *options)[0]
