"""Encryption of citizens' data at rest, and blind indexes that find encrypted values.

A sealed value is `version (1 byte) | key id (4) | nonce (12) | AES-256-GCM ciphertext and tag`. Keys are
derived by HKDF-SHA256 (RFC 5869), so secrets have to be long and random, not memorable.
"""

import hmac
import os
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from adapters.phone_numbers import e164

VERSION = b"\x01"
KEY_ID_BYTES = 4
NONCE_BYTES = 12
HEADER_BYTES = len(VERSION) + KEY_ID_BYTES + NONCE_BYTES
TAG_BYTES = 16


class CannotDecrypt(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The value was sealed with a key that is not in the ring, or was altered."""


def _derive(secret: str, purpose: str, length: int = 32) -> bytes:
    return HKDF(SHA256(), length, salt=None, info=f"jiesu {purpose}".encode()).derive(secret.encode())


class Keyring:
    """Keys from comma-separated secrets: the first one encrypts and indexes, all of them decrypt and find.

    To rotate, put the new secret in front, run `adapters.database.key_rotation`, and drop the old ones.
    """

    def __init__(self, keys: str) -> None:
        secrets = [secret for part in keys.split(",") if (secret := part.strip())]
        if not secrets:
            raise ValueError("JIESU_DATA_KEY 不能为空")
        self._ciphers = {_derive(s, "key id", KEY_ID_BYTES): AESGCM(_derive(s, "seal")) for s in secrets}
        self._first = next(iter(self._ciphers))
        self._index_keys = [_derive(secret, "blind index") for secret in secrets]

    def encrypt(self, value: str) -> bytes:
        """Seal a text; sealing the same text twice gives different bytes."""
        return self.seal(value.encode())

    def seal(self, value: bytes) -> bytes:
        """Seal bytes."""
        nonce = os.urandom(NONCE_BYTES)
        header = VERSION + self._first + nonce
        return header + self._ciphers[self._first].encrypt(nonce, value, header)

    def decrypt(self, value: bytes) -> str:
        """Open a sealed text. Raises `CannotDecrypt`."""
        return self.unseal(value).decode()

    def unseal(self, value: bytes) -> bytes:
        """Open sealed bytes. Raises `CannotDecrypt`."""
        header, sealed = bytes(value[:HEADER_BYTES]), bytes(value[HEADER_BYTES:])
        cipher = self._ciphers.get(header[len(VERSION) : -NONCE_BYTES])
        if cipher is None or not header.startswith(VERSION):
            raise CannotDecrypt("没有能解开此数据的密钥, 请检查 JIESU_DATA_KEY")
        try:
            return cipher.decrypt(header[-NONCE_BYTES:], sealed, header)
        except InvalidTag as error:
            raise CannotDecrypt("加密数据已被改动") from error

    def is_current(self, value: bytes) -> bool:
        """Whether a sealed value was sealed with the first key."""
        return bytes(value[: len(VERSION) + KEY_ID_BYTES]) == VERSION + self._first

    def blind_index(self, value: str) -> str:
        """A keyed digest (64 hex digits): equal for equal texts, and reveals nothing without the key."""
        return self.blind_indexes(value)[0]

    def blind_indexes(self, value: str) -> list[str]:
        """All digests by which the text may be stored: that of the first key, then those of older keys."""
        return [hmac.new(key, value.encode(), sha256).hexdigest() for key in self._index_keys]


def phone_index(keyring: Keyring, phone: str) -> str:
    """The blind index of a telephone number in E.164: equal however the number is written."""
    return phone_indexes(keyring, phone)[0]


def phone_indexes(keyring: Keyring, phone: str) -> list[str]:
    """All blind indexes that the number may have in the database while keys are being rotated."""
    return keyring.blind_indexes(f"phone:{e164(phone)}")
