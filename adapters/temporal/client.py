"""The connection to Temporal: where it is comes from TEMPORAL_* variables and profiles."""

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
"""Where Temporal's own tools look when nothing is said."""


class QuietFailures(DefaultFailureConverter):
    """Failures without the words of errors that nobody foresaw: they quote what they choke on, a telephone
    number perhaps, and histories are not encrypted (design §5). The worker's log has them in full."""

    def to_failure(self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure) -> None:
        """The type and the trace of an unforeseen error; a failure of Temporal's own kind as it is.

        Of an error that quotes nothing (`SafeError`) the words as well: the Temporal UI shows them to whoever asks why.
        """
        if not isinstance(exception, FailureError):
            words = str(exception) if isinstance(exception, SafeError) else "see the worker's log"
            quiet = ApplicationError(words, type=type(exception).__name__)
            quiet.__traceback__ = exception.__traceback__
            exception = quiet
        super().to_failure(exception, payload_converter, failure)


class SealedFailures(QuietFailures):
    """Failures whose words and traces are payloads, which the codec seals like any other."""

    def __init__(self) -> None:
        super().__init__(encode_common_attributes=True)


CONVERTER = replace(pydantic_data_converter, failure_converter_class=QuietFailures)


def converter(payload_key: str) -> DataConverter:
    """How payloads are written and read: in clear, or sealed by these keys (docs/adr/0024)."""
    if not payload_key:
        return CONVERTER
    return replace(CONVERTER, failure_converter_class=SealedFailures, payload_codec=SealedPayloads(payload_key))


async def connect(payload_key: str, seconds: float = CONNECT_SECONDS) -> Client:
    """A client once the namespace answers; `payload_key` is the setting of that name, '' for payloads in clear.

    The server takes connections before its namespace exists, so a real call is made, and repeated, which
    changes nothing, until `seconds` have passed. Raises then what the last try raised: RPCError or RuntimeError.
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
