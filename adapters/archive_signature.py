"""Signatures under archive bundles: Ed25519 (RFC 8032) with a key that is derived from `JIESU_ARCHIVE_KEY`."""

import base64

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class Signer:
    """Signs with the first of comma separated secrets and knows the signatures of all, as data keys do."""

    def __init__(self, keys: str) -> None:
        secrets = [secret for part in keys.split(",") if (secret := part.strip())]
        if not secrets:
            raise ValueError("JIESU_ARCHIVE_KEY 不能为空")
        self._keys = [_derived(secret) for secret in secrets]

    @property
    def public_key(self) -> str:
        """What checks the signatures that are made now: 32 bytes in base64."""
        return base64.b64encode(self._keys[0].public_key().public_bytes_raw()).decode()

    def sign(self, content: bytes) -> bytes:
        """The signature, 64 bytes in base64 and a line end."""
        return base64.b64encode(self._keys[0].sign(content)) + b"\n"

    def knows(self, content: bytes, signature: bytes) -> bool:
        """Whether one of our keys signed this."""
        try:
            raw = base64.b64decode(signature.strip(), validate=True)
        except ValueError:
            return False
        return any(_signed(key.public_key(), content, raw) for key in self._keys)


def _signed(key: Ed25519PublicKey, content: bytes, signature: bytes) -> bool:
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True


def _derived(secret: str) -> Ed25519PrivateKey:
    seed = HKDF(SHA256(), 32, salt=None, info=b"jiesu archive").derive(secret.encode())
    return Ed25519PrivateKey.from_private_bytes(seed)
