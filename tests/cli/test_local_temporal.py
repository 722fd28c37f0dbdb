"""The local Temporal server: ready means usable, and an old database gets new search attributes."""

from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, ListTaskQueuePartitionsRequest
from temporalio.client import Client

from adapters.local import temporal
from adapters.local.temporal import RETENTION, LocalTemporal, TemporalUnavailableError, free_port


async def attributes(server: LocalTemporal) -> set[str]:
    client = await Client.connect(server.address)
    request = ListSearchAttributesRequest(namespace="default")
    answer = await client.operator_service.list_search_attributes(request, timeout=timedelta(seconds=10))
    return set(answer.custom_attributes)


async def test_a_server_keeps_its_file_and_learns_new_attributes(tmp_path: Path) -> None:
    wanted = {"TestStage": "Keyword"}
    for more in ({}, {"TestUnits": "KeywordList"}):
        wanted |= more
        server = LocalTemporal.start(tmp_path / "log", database=tmp_path / "temporal.db", search_attributes=wanted)
        try:
            await server.ready()
            assert wanted.keys() <= await attributes(server)
            assert not await server.polled("nobody")
            client = await Client.connect(server.address)
            request = DescribeNamespaceRequest(namespace="default")
            queue = ListTaskQueuePartitionsRequest(namespace="default", task_queue=TaskQueue(name="any"))
            partitions = await client.workflow_service.list_task_queue_partitions(queue)
            assert len(partitions.activity_task_queue_partitions) == 1
            described = await client.workflow_service.describe_namespace(request)
            kept = described.config.workflow_execution_retention_ttl.ToTimedelta()
            assert kept == RETENTION
        finally:
            server.stop()
        assert server.child.status is not None


def test_a_port_is_given_away_once(monkeypatch: pytest.MonkeyPatch) -> None:
    few = range(temporal.FREE_PORTS.start, temporal.FREE_PORTS.stop, 2000)
    monkeypatch.setattr(temporal, "FREE_PORTS", few)
    monkeypatch.setattr(temporal, "_given", set[int]())
    given = [free_port() for _ in range(len(few) - 2)]  # two of them may belong to other processes
    assert len(set(given)) == len(given)


async def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    server = LocalTemporal.start(tmp_path / "log", database=tmp_path)
    with pytest.raises(TemporalUnavailableError, match="启动失败"):
        await server.ready()
