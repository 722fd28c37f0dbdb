"""A fake identity provider that signs any claims, with any header and key."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

AUDIENCE: Final = "jiesu"


class Issuer:
    """The provider's tokens, and its discovery documents."""

    def __init__(self, address: str, bits: int = 2048) -> None:
        self.address = address
        self.drips = False  # answers byte by byte, and never sends the last one
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=bits)

    def token(self, _header: dict[str, Any] | None = None, **claims: Any) -> str:
        """A token for the agent `li` with these claims changed; a claim that is None is left out."""
        now = int(time.time())
        usual = {"iss": self.address, "aud": AUDIENCE, "iat": now, "exp": now + 600, "sub": "li", "role": "agent"}
        said = {name: value for name, value in (usual | claims).items() if value is not None}
        return jwt.encode(said, self.key, "RS256", {"kid": "k", **(_header or {})})

    def documents(self) -> dict[str, Any]:
        """The documents by path."""
        key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {
            "/.well-known/openid-configuration": {"issuer": self.address, "jwks_uri": f"{self.address}/keys"},
            "/keys": {"keys": [key | {"kid": "k", "alg": "RS256", "use": "sig"}]},
        }


@contextmanager
def issuing(bits: int = 2048) -> Iterator[Issuer]:
    """A provider that serves until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = json.dumps(issuer.documents()[self.path]).encode()
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            with suppress(OSError):  # the client has disconnected
                while issuer.drips:
                    self.wfile.write(b" ")
                    time.sleep(0.05)
                self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer = Issuer(f"http://127.0.0.1:{server.server_port}", bits)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
