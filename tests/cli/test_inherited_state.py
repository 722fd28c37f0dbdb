"""A test run does not depend on the state that it inherits."""

import json
import os
import subprocess
import sys
import time

import pytest

from adapters.settings.settings import ROOT, Settings

ODD = {
    **{str(field.alias): "odd" for field in Settings.model_fields.values()},
    **dict.fromkeys(["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"], "http://127.0.0.1:1"),
    **{"TEMPORAL_ADDRESS": "127.0.0.1:1", "TEMPORAL_PROFILE": "odd", "PGHOST": "127.0.0.1", "PGSSLMODE": "verify-full"},
    **{"TZ": "Pacific/Chatham", "LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8", "LANGUAGE": "tr"},
    **{"COLUMNS": "20", "NO_COLOR": "1", "FORCE_COLOR": "1", "TERM": "dumb"},
    **{"PYTHONOPTIMIZE": "0", "PYTHONWARNINGS": "ignore", "SSL_CERT_FILE": "/nowhere", "MAKEFLAGS": "j"},
    **{"TMPDIR": f"/tmp/{'long/' * 30}"},  # noqa: S108
}
START = f"""
import os, signal, sys
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
    signal.signal(number, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
os.umask(0o077)
os.close(0)
os.execve(sys.executable, [sys.executable, *sys.argv[1:]], os.environ | {ODD!r})
"""
"""Starts Python as a script does in the background, in a strange environment and without standard input."""

INSIDE = (
    "tests/cli/test_process_end.py::test_an_interruption_is_passed_on",
    "tests/cli/test_endings.py::test_wrong_usage_is_framed_in_chinese",
    "tests/cli/test_inherited_state.py::test_a_child_process_inherits_known_state_only",
)


def test_a_child_process_inherits_known_state_only() -> None:
    code = (
        "import json, os, signal; signals = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD];"
        "ignored = [number.name for number in signals if signal.getsignal(number) is signal.SIG_IGN];"
        "blocked = list(signal.pthread_sigmask(signal.SIG_BLOCK, []));"
        "print(json.dumps([ignored, blocked, os.umask(0), dict(os.environ)]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    ignored, blocked, umask, environment = json.loads(done.stdout)
    assert (ignored, blocked, umask) == ([], [], 0o022)
    assert {name for name, value in ODD.items() if environment.get(name) == value} == set()
    assert (time.tzname, os.environ["TEMPORAL_CONFIG_FILE"]) == (("UTC", "UTC"), os.devnull)


@pytest.mark.skipif(sys.platform == "win32", reason="signals, umask and exec are those of POSIX")
def test_a_run_in_the_background_of_a_script_passes() -> None:
    pytest_ = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *INSIDE]
    done = subprocess.run(
        [sys.executable, "-c", START, *pytest_], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(INSIDE)} passed" in done.stdout
