"""Shared names of the sandbox tests, and the fake hotline."""

import time
from collections import defaultdict
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from threading import Event, Lock
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from adapters.local.child_process import ChildProcess
from adapters.twilio.http import RebasedHttpClient

ACCOUNT = "AC" + "0" * 32
TOKEN = "token-of-the-test"  # noqa: S105
HOTLINE = "+8612345"
PATIENCE = 60.0
"""Seconds, for slow steps on a busy machine."""
Peer = Callable[..., tuple[str, ChildProcess]]


def client(base: str, token: str = TOKEN, timeout: float = PATIENCE) -> Client:
    """The provider's own SDK, pointed at the gateway."""
    return Client(ACCOUNT, token, http_client=RebasedHttpClient(base, timeout))


def until(holds: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """Poll until the result is truthy, and return it."""
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


class Posted(NamedTuple):
    """A request that came from the gateway; `form` holds the query's fields if it was a GET."""

    method: str
    path: str
    form: dict[str, str]
    token: str


class Answer(NamedTuple):
    """The hotline's answer to a request, sent once its gate is open; TwiML by default."""

    text: str = ""
    status: int = 200
    media_type: str = "application/xml"
    gate: Event | None = None


class Listener:
    """An HTTP server in the hotline's place: stores posted requests by path, and sends prepared answers.

    A request whose signature the provider's SDK does not confirm is answered 403 and kept in `forged`.
    """

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer]] = defaultdict(list)
        self.forged: list[str] = []
        self.most_at_once = 0
        self._at_once = 0
        self._lock = Lock()
        self._posted: dict[str, Queue[Posted]] = defaultdict(Queue)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def take(self, path: str, seconds: float = PATIENCE) -> Posted:
        """The next request on a path; waits for it."""
        return self._posted[path].get(timeout=seconds)

    def nothing_more(self, path: str, seconds: float = 0.3) -> bool:
        """Whether no request comes on a path for some time."""
        try:
            self._posted[path].get(timeout=seconds)
        except Empty:
            return True
        return False

    def _next_answer(self, path: str) -> Answer:
        """The prepared answers in order, the last one repeatedly; an empty one if none is prepared."""
        with self._lock:
            prepared = self.answers[path]
            return prepared.pop(0) if len(prepared) > 1 else prepared[0] if prepared else Answer("", 204)

    def _count(self, change: int) -> None:
        with self._lock:
            self._at_once += change
            self.most_at_once = max(self.most_at_once, self._at_once)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self._handle(self.rfile.read(int(self.headers["Content-Length"])).decode())

            def do_GET(self) -> None:
                self._handle("")

            def _handle(self, body: str) -> None:
                listener._count(1)
                parts = urlsplit(self.path)
                form = dict(parse_qsl(body, keep_blank_values=True))
                right = RequestValidator(TOKEN).validate(
                    listener.url + self.path, form, self.headers["X-Twilio-Signature"]
                )
                answer = listener._next_answer(parts.path)
                if answer.gate:
                    answer.gate.wait(8)  # shorter than the gateway's timeout, after which it would post again
                if not right:
                    listener.forged.append(self.path)
                    answer = Answer("", 403)
                fields = form or dict(parse_qsl(parts.query))
                token = self.headers["I-Twilio-Idempotency-Token"]
                listener._count(-1)
                listener._posted[parts.path].put(Posted(self.command, self.path, fields, token))
                content = answer.text.encode()
                self.send_response(answer.status)
                if content:
                    self.send_header("Content-Type", answer.media_type)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                """Log nothing."""

        return Handler
