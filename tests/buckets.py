"""Fixtures: an S3 server, and new buckets on it."""

from collections.abc import Callable, Iterator
from itertools import count

import httpx
import pytest

from adapters.local.temporal import free_port


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The address of the server."""
    from moto.server import ThreadedMotoServer  # tests without a bucket need not wait for this import

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=free_port(), verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


_numbers = count(1)


@pytest.fixture
def new_bucket(s3: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """A function that creates a bucket and returns the URL of a folder in it; credentials are in the environment."""
    values = {"ENDPOINT_URL": s3, "ACCESS_KEY_ID": "key", "SECRET_ACCESS_KEY": "secret", "REGION": "us-east-1"}
    for name, value in values.items():
        monkeypatch.setenv(f"AWS_{name}", value)

    def make() -> str:
        name = f"bucket-{next(_numbers)}"
        httpx.put(f"{s3}/{name}", trust_env=False, timeout=60).raise_for_status()
        return f"s3://{name}/evidence"

    return make
