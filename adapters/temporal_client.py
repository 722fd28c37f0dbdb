"""The connection to Temporal: where it is comes from TEMPORAL_* variables and profiles."""

import asyncio
import time
from datetime import timedelta

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig
from temporalio.service import RPCError

CONNECT_SECONDS = 60.0
PAUSE_SECONDS = 0.2
CALL = timedelta(seconds=5)


async def connect(seconds: float = CONNECT_SECONDS) -> Client:
    """A client once the namespace answers.

    The server takes connections before its namespace exists, so a real call is made, and repeated, which
    changes nothing, until `seconds` have passed. Raises then what the last try raised: RPCError or RuntimeError.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            client = await Client.connect(
                **ClientConfig.load_client_connect_config(), data_converter=pydantic_data_converter
            )
            await ping(client)
        except (RPCError, RuntimeError):
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(PAUSE_SECONDS)
        else:
            return client


async def ping(client: Client) -> None:
    """Raises RPCError unless the namespace answers."""
    request = DescribeNamespaceRequest(namespace=client.namespace)
    await client.workflow_service.describe_namespace(request, timeout=CALL)
