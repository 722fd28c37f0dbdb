"""Log lines have a time, and libraries that would log telephone numbers are silenced."""

import logging
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

from adapters import logging_setup
from adapters.settings.settings import ROOT

PROGRAM = """
import logging
from adapters import logging_setup
logging_setup.configure_logging()
logging.getLogger("jiesu").info("began")
logging.getLogger("uvicorn.error").warning("late")
logging.getLogger("httpx").info("GET /Messages/+8613800138000")
logging.getLogger("twilio.http_client").info("GET /Calls/+8613800138000")
"""

SERVER = """
import asyncio, socket
import uvicorn
from adapters import logging_setup

async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})

async def ask(port, said):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(said)
    answer = await reader.readline()
    writer.close()
    return answer

async def main():
    logging_setup.configure_logging()
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None, access_log=False))
    serving = asyncio.create_task(server.serve([listening]))
    port = listening.getsockname()[1]
    for _ in range(50):
        assert b" 400 " in await ask(port, b"\\x16\\x03\\x01 no request at all 13800138000\\r\\n\\r\\n")
        upgrade = ("GET / HTTP/1.1", "Host: x", "Connection: Upgrade", "Upgrade: y", "", "")
        assert b" 200 " in await ask(port, "\\r\\n".join(upgrade).encode())
    server.should_exit = True
    await serving

asyncio.run(main())
"""


def test_a_line_says_when_how_grave_and_who_and_no_telephone() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    first, second = ended.stderr.splitlines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} INFO jiesu began", first)
    assert second.endswith("WARNING uvicorn.error late")


def test_what_is_no_request_does_not_fill_the_log() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", SERVER], cwd=ROOT, capture_output=True, text=True, timeout=100, check=True
    )
    warnings = [line.partition("uvicorn.error ")[2] for line in ended.stderr.splitlines() if " WARNING " in line]
    assert {"Invalid HTTP request received.", "Unsupported upgrade request."} <= set(warnings)
    assert len(warnings) == len(set(warnings)), "each once a minute"
    assert "13800138000" not in ended.stderr


def test_a_warning_that_comes_again_tells_how_many_there_were(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, 1.0, 59.0, 60.0, 61.0, 62.0])
    monkeypatch.setattr(logging_setup, "time", SimpleNamespace(monotonic=lambda: next(moments)))
    seldom = logging_setup.WarningRateFilter()

    def told(text: str, level: int = logging.WARNING) -> str | None:
        record = logging.LogRecord("x", level, "", 0, text, None, None)
        return record.getMessage() if seldom.filter(record) else None

    assert [told("a") for _ in range(5)] == ["a", None, None, "a (and 2 more since the last)", None]
    assert told("b") == "b"
    assert [told("a", logging.ERROR) for _ in range(2)] == ["a", "a"], "what nobody foresaw is always told"
