"""What a process writes has its moment, and libraries that name telephones are quiet."""

import re
import subprocess
import sys

from adapters.settings import ROOT

PROGRAM = """
import logging
from adapters import log_lines
log_lines.begin()
logging.getLogger("jiesu").info("began")
logging.getLogger("uvicorn.error").warning("late")
logging.getLogger("httpx").info("GET /Messages/+8613800138000")
logging.getLogger("twilio.http_client").info("GET /Calls/+8613800138000")
"""


def test_a_line_says_when_how_grave_and_who_and_no_telephone() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    first, second = ended.stderr.splitlines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} INFO jiesu began", first)
    assert second.endswith("WARNING uvicorn.error late")
