"""A life with encrypted payloads: the server's data, its readers, and key rotation."""

import json
import sys
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowHistory
from temporalio.converter import PayloadCodec
from temporalio.worker import Replayer

from adapters.database.encryption import CannotDecrypt
from adapters.local.child_process import ChildProcess
from adapters.local.temporal import binary, free_port
from adapters.settings.production_check import CannotServe
from adapters.settings.settings import ROOT, Settings, environment
from adapters.temporal.client import converter
from adapters.temporal.payload_codec import ENCODING, SealedPayloads
from api.codec_server import create_codec
from cli.rehearse.stack import stage
from tests.api.callers import eventually, problem
from tests.replay.lives import told
from tests.replay.record import history_of
from tests.stage import lives_on
from workflows.ids import work_order_id
from workflows.work_order import WorkOrderWorkflow
from workflows.workflow_runner import runner

KEY = "the-payload-key-of-the-tests-0123456789"
NEW = "another-payload-key-of-the-tests-98765"
TOKEN = "the-token-of-the-codec-server-0123456789"  # noqa: S105
UI = "https://temporal.example.gov.cn"
WINDOW = 40
"""Consecutive bytes that identify a payload in the database file: more than a moment has, which may also be in a search
attribute."""


@dataclass
class Life:
    """A life with encrypted payloads, and the server's data about it."""

    no: str
    history: WorkflowHistory
    database: bytes
    shown: str


def payloads(message: Message) -> Iterator[Payload]:
    """Every payload in a message that passes the codec.

    The server must read search attributes. The SDK's data about a local activity (number, type, attempts) is stored
    with the result as `data`, and does not pass the codec.
    """
    if isinstance(message, Payload):
        yield message
        return
    for field, value in message.ListFields():
        if field.name == "search_attributes" or field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            values = [value[key] for key in value if isinstance(value[key], Message) and key != "data"]
        else:
            values = [value] if isinstance(value, Message) else list(value)
        for each in values:
            yield from payloads(each)


def in_history(history: WorkflowHistory) -> list[Payload]:
    return [payload for event in history.events for payload in payloads(event)]


@pytest.fixture(scope="module")
async def life(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Life]:
    folder = tmp_path_factory.mktemp("sealed")
    async with stage(temporal_file=folder / "temporal.db", payload_key=KEY, sandboxed=False) as own:
        lived = await told(lives_on(own), "gaotai")
        history = await history_of(lived)
        shown = await _shown(own.processes.temporal.address, work_order_id(lived.no), folder)
    files = b"".join(path.read_bytes() for path in sorted(folder.glob("temporal.db*")))
    yield Life(lived.no, history, files, shown)


async def _shown(server: str, workflow: str, folder: Path) -> str:
    """The output of Temporal's CLI for a workflow, with a codec server."""
    port = free_port()
    values = {"JIESU_PAYLOAD_KEY": f"{NEW},{KEY}", "JIESU_CODEC_TOKEN": TOKEN}
    command = [sys.executable, "-m", "cli.main", "codec", "--port", str(port)]
    codec = ChildProcess.spawn(command, folder / "codec.log", env=environment() | values, cwd=ROOT)
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
            eventually(lambda: _up(port))
            assert (await http.post(f"http://127.0.0.1:{port}/decode", json={})).status_code == 401
        output = folder / "shown.json"
        ask = ["workflow", "show", "--address", server, "--workflow-id", workflow, "--output", "json"]
        ask += ["--codec-endpoint", f"http://127.0.0.1:{port}", "--codec-auth", f"Bearer {TOKEN}"]
        child = ChildProcess.spawn([str(binary()), *ask], output, cwd=ROOT)
        child.process.wait(60)
        return output.read_text("utf-8")
    finally:
        codec.stop()


def _up(port: int) -> bool | None:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/", timeout=5, trust_env=False).status_code == 404 or None
    except httpx.TransportError:
        return None


async def test_the_server_has_no_payload_in_clear(life: Life) -> None:
    sealed = in_history(life.history)
    assert len(sealed) > 50
    assert {payload.metadata["encoding"] for payload in sealed} == {ENCODING}
    opened = await SealedPayloads(KEY).decode(sealed)
    texts = {payload.data for payload in opened if len(payload.data) >= WINDOW}
    assert len(texts) > 20
    found = 0
    for text in texts:
        for start in range(0, len(text) - WINDOW + 1, WINDOW // 2):
            assert text[start : start + WINDOW] not in life.database
    for payload in sealed:
        found += payload.data[20:52] in life.database
    assert found > 20, "the search would find what is there"


async def test_the_command_line_of_temporal_reads_it_through_the_codec_server(life: Life) -> None:
    events = json.loads(life.shown)["events"]
    assert len(events) == len(life.history.events)
    began = events[0]["workflowExecutionStartedEventAttributes"]["input"]["payloads"][0]
    assert json.loads(b64decode(began["data"]))["order"]["no"] == life.no
    assert b64encode(ENCODING).decode() not in life.shown


@pytest.mark.parametrize("keys", [KEY, f"{NEW},{KEY}"])
async def test_a_sealed_life_replays_also_after_a_rotation(life: Life, keys: str) -> None:
    replayer = Replayer(workflows=[WorkOrderWorkflow], workflow_runner=runner(), data_converter=converter(keys))
    await replayer.replay_workflow(life.history)


async def test_without_the_key_nothing_opens(life: Life) -> None:
    with pytest.raises(CannotDecrypt):
        await SealedPayloads(NEW).decode(in_history(life.history))
    forged = Payload(metadata={"encoding": ENCODING}, data=in_history(life.history)[0].data[:-1] + b"\x00")
    with pytest.raises(CannotDecrypt):
        await SealedPayloads(KEY).decode([forged])


async def test_what_was_written_in_clear_stays_readable_and_the_new_key_seals() -> None:
    clear = Payload(metadata={"encoding": b"json/plain"}, data=b'{"a": 1}')
    codec: PayloadCodec = SealedPayloads(f"{NEW},{KEY}")
    assert await codec.decode([clear]) == [clear]
    sealed = await codec.encode([clear, clear])
    assert sealed[0] != sealed[1]
    assert await SealedPayloads(NEW).decode(sealed) == [clear, clear]
    with pytest.raises(CannotDecrypt):
        await SealedPayloads(KEY).decode(sealed)


async def test_the_codec_server_opens_for_the_token_and_for_the_page_of_the_ui(life: Life) -> None:
    settings = {"JIESU_PAYLOAD_KEY": KEY, "JIESU_CODEC_TOKEN": TOKEN, "JIESU_CODEC_ORIGINS": UI}
    app = create_codec(Settings.model_validate(settings))
    shows = {"Authorization": f"Bearer {TOKEN}", "X-Namespace": "default"}
    said = {"payloads": [MessageToDict(payload) for payload in in_history(life.history)[:3]]}
    preflight = {"Origin": UI, "Access-Control-Request-Method": "POST"}
    preflight["Access-Control-Request-Headers"] = "authorization,content-type,x-namespace"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://codec") as http:
        opened = await http.post("/decode", json=said, headers=shows | {"Origin": UI})
        assert opened.headers["access-control-allow-origin"] == UI
        again = await http.post("/encode", json=opened.json(), headers=shows)
        assert (await http.post("/decode", json=again.json(), headers=shows)).json() == opened.json()
        assert again.json() != opened.json()
        assert (await http.options("/decode", headers=preflight)).status_code == 200
        refused = await http.options("/decode", headers=preflight | {"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in refused.headers
        for wrong in ({}, {"Authorization": f"Basic {TOKEN}"}, {"Authorization": f"Bearer {TOKEN}x"}):
            problem(await http.post("/decode", json=said, headers=wrong), 401, "not_authenticated")
        for body in (b"[", b'{"payloads": 1}', b"\xff", b'{"payloads": ' + b"[" * 10_000):
            problem(await http.post("/decode", content=body, headers=shows), 400, "invalid")
        other = await SealedPayloads(NEW).encode([Payload(data=b"x")])
        foreign = {"payloads": [MessageToDict(other[0])]}
        problem(await http.post("/decode", json=foreign, headers=shows), 422, "invalid")


@pytest.mark.parametrize(
    "values", [{}, {"JIESU_PAYLOAD_KEY": KEY}, {"JIESU_PAYLOAD_KEY": KEY, "JIESU_CODEC_TOKEN": "short"}]
)
def test_it_does_not_open_without_a_key_and_a_long_token(values: dict[str, str]) -> None:
    with pytest.raises(CannotServe):
        create_codec(Settings.model_validate(values))
