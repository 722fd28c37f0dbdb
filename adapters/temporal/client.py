"""The connection to Temporal, whose address comes from TEMPORAL_* variables and profiles."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta

from temporalio.api.failure.v1 import Failure
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter, DefaultFailureConverter, PayloadConverter
from temporalio.envconfig import ClientConfig
from temporalio.exceptions import ApplicationError, FailureError
from temporalio.service import RPCError

from adapters.errors import SafeError
from adapters.temporal.payload_codec import SealedPayloads

CONNECT_SECONDS = 60.0
PAUSE_SECONDS = 0.2
CALL = timedelta(seconds=5)
ADDRESS = "localhost:7233"
"""The default of Temporal's own tools."""


class QuietFailures(DefaultFailureConverter):
    """Failures without the text of unforeseen errors, which may quote a telephone number: histories are not encrypted
    (docs/architecture.md#what-is-stored-where). The worker's log has the full text."""

    def to_failure(self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure) -> None:
        """Convert the type and trace of an unforeseen error, and a Temporal failure unchanged.

        The text of a `SafeError`, which quotes nothing, is kept: the Temporal UI shows it to operators.
        """
        if not isinstance(exception, FailureError):
            words = str(exception) if isinstance(exception, SafeError) else "see the worker's log"
            quiet = ApplicationError(words, type=type(exception).__name__)
            quiet.__traceback__ = exception.__traceback__
            exception = quiet
        super().to_failure(exception, payload_converter, failure)


class SealedFailures(QuietFailures):
    """Failures whose texts and traces are payloads, which the codec seals."""

    def __init__(self) -> None:
        super().__init__(encode_common_attributes=True)


CONVERTER = replace(pydantic_data_converter, failure_converter_class=QuietFailures)


def converter(payload_key: str) -> DataConverter:
    """The converter of payloads: in clear without a key, else sealed by these keys (docs/adr/0024)."""
    if not payload_key:
        return CONVERTER
    return replace(CONVERTER, failure_converter_class=SealedFailures, payload_codec=SealedPayloads(payload_key))


async def connect(payload_key: str, seconds: float = CONNECT_SECONDS) -> Client:
    """Return a client once the namespace answers; `payload_key` is the setting of that name, '' for payloads in clear.

    The server accepts connections before its namespace exists, so a read call is repeated until it succeeds. After
    `seconds` raises the last error: RPCError or RuntimeError.
    """
    deadline = time.monotonic() + seconds
    config = {"target_host": ADDRESS} | ClientConfig.load_client_connect_config()
    while True:
        try:
            client = await Client.connect(**config, data_converter=converter(payload_key))
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
