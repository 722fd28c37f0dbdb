"""Test certificates, and a TLS-terminating proxy in front of a server without TLS."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from threading import Thread

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"
SSL_REQUEST = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"
"""The message of a PostgreSQL client before the TLS handshake (protocol 3, SSLRequest)."""


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, as files."""

    certificate: Path
    key: Path


class Authority:
    """Signs certificates; `certificate` is the file that others trust."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._subject = _subject(name)
        made = self._draft(self._subject, self._key).add_extension(x509.BasicConstraints(True, 0), True)
        self._made = made.sign(self._key, SHA256())
        self.certificate = folder / f"{name}.pem"
        self.certificate.write_bytes(self._made.public_bytes(Encoding.PEM))

    def sign(self, name: str, address: str = HOST) -> Pair:
        """A certificate for this name and address."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ip_address(address))])
        made = self._draft(_subject(name), key).add_extension(names, False).sign(self._key, SHA256())
        pair = Pair(self._folder / f"{self._name}-{name}.pem", self._folder / f"{self._name}-{name}.key")
        pair.certificate.write_bytes(made.public_bytes(Encoding.PEM))
        pair.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        pair.key.chmod(0o600)
        return pair

    def _draft(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        draft = x509.CertificateBuilder().subject_name(subject).issuer_name(self._subject)
        draft = draft.public_key(key.public_key()).serial_number(x509.random_serial_number())
        return draft.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


@contextmanager
def tls_in_front(server: str, own: Pair, clients: Path | None = None, *, asked_first: bool = False) -> Iterator[int]:
    """The port of a proxy that forwards decrypted data to `server`, `host:port` or the path of a socket.

    With `clients` a client needs a certificate of that authority. `asked_first`: expects PostgreSQL's SSLRequest.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own.certificate, own.key)
    context.set_alpn_protocols(["postgresql" if asked_first else "h2"])
    if clients is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients)

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers = [writer]
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                if asked_first:
                    if await reader.readexactly(len(SSL_REQUEST)) != SSL_REQUEST:
                        return
                    writer.write(b"S")
                await writer.start_tls(context)
                inside, out = await _to(server)
                writers.append(out)
                await asyncio.gather(_pump(reader, out), _pump(inside, writer))
        finally:
            for each in writers:
                each.transport.abort()

    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)  # some tests cause failing handshakes
    front = loop.run_until_complete(asyncio.start_server(meet, HOST, 0))
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield front.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(_end(front), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()


async def _to(server: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if server.startswith("/"):
        return await asyncio.open_unix_connection(server)
    host, _, port = server.rpartition(":")
    return await asyncio.open_connection(host, port)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    with suppress(OSError):
        writer.close()


async def _end(front: asyncio.Server) -> None:
    front.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    for _ in range(5):
        # Abandoned transports close in one of the next iterations of the loop.
        await asyncio.sleep(0)
