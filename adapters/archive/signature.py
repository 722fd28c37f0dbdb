"""Signatures of bundles: Ed25519 (RFC 8032) over the bytes of the tag manifest.

Checksums detect damage; only a signature detects someone who changed a file and its checksums. The settings
define the hotline's keys, never the bundle.
"""

from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class SigningKeys:
    """Keys from comma-separated secrets: the first signs, all of them are accepted. Secrets must be long and random."""

    def __init__(self, keys: str) -> None:
        secrets = [secret for part in keys.split(",") if (secret := part.strip())]
        if not secrets:
            raise ValueError("JIESU_ARCHIVE_KEY 不能为空")
        private = [Ed25519PrivateKey.from_private_bytes(_derive(secret)) for secret in secrets]
        self._signing = private[0]
        self._accepted = [key.public_key() for key in private]

    def sign(self, content: bytes) -> bytes:
        """The signature, 64 bytes; the same for the same content and key."""
        return self._signing.sign(content)

    def holds(self, content: bytes, signature: bytes) -> bool:
        """Whether one of the keys has signed this content."""
        return any(_signed(key, content, signature) for key in self._accepted)

    @property
    def public_key(self) -> bytes:
        """The public key of the current signing key: PEM (RFC 7468), as OpenSSL reads it."""
        return pem(self._signing.public_key())

    @property
    def fingerprint(self) -> str:
        """SHA-256 of that key's DER form, in hex."""
        return sha256(
            self._signing.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        ).hexdigest()


def pem(key: Ed25519PublicKey) -> bytes:
    """A public key in PEM."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _derive(secret: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"jiesu archive signature").derive(secret.encode())


def _signed(key: Ed25519PublicKey, content: bytes, signature: bytes) -> bool:
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True
