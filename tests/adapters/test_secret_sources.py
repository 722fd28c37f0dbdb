"""Secrets from files and from programs."""

import shlex
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from adapters.settings import secret_sources
from adapters.settings.secret_sources import secret
from adapters.settings.settings import Settings


def program(code: str) -> str:
    return f"exec:{shlex.quote(sys.executable)} -c {shlex.quote(code)}"


def test_a_secret_is_itself_or_where_it_says(tmp_path: Path) -> None:
    keys = tmp_path / "data key"
    keys.write_text(" new-key \n\nold-key\n", "utf-8")
    assert secret("said-itself, and-another") == "said-itself, and-another"
    assert secret(f"file:{keys}") == "new-key,old-key"
    assert secret(program("print('new-key'); print('old-key')")) == "new-key,old-key"
    assert Settings.model_validate({"JIESU_DATA_KEY": f"file:{keys}"}).data_key == "new-key,old-key"


def test_what_gives_no_secret_stops_the_start_and_quotes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty, binary = tmp_path / "empty", tmp_path / "binary"
    empty.write_text("\n", "utf-8")
    binary.write_bytes(b"\xff\xfe")
    sources = {
        f"file:{tmp_path / 'nowhere'}": "读不到",
        f"file:{empty}": "为空",
        f"file:{binary}": "文本",
        f"exec:{tmp_path / 'nowhere'}": "无法运行",
        "exec:": "无法运行",
        "exec:'": "无法运行",
        program("print('half-a-key'); raise SystemExit(3)"): "状态 3",
        program(f"print('x' * {secret_sources.MOST_BYTES + 1})"): "过长",
    }
    for source, reason in sources.items():
        with pytest.raises(ValidationError, match=reason) as stopped:
            Settings.model_validate({"JIESU_DATA_KEY": source})
        assert "half-a-key\n" not in str(stopped.value)
    monkeypatch.setattr(secret_sources, "SECONDS", 1.0)
    with pytest.raises(ValidationError, match="秒内没有完成") as stopped:
        Settings.model_validate(
            {"JIESU_DATA_KEY": program("print('half-a-key', flush=True); import time; time.sleep(60)")}
        )
    assert "half-a-key\n" not in str(stopped.value)
