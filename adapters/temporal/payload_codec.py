"""Encrypts payloads, so that the Temporal server, its database and its UI cannot read them (docs/adr/0024).

A sealed payload has the encoding `binary/encrypted`; its data is the whole original payload, encrypted with
AES-256-GCM as in `adapters.database.encryption`, by keys derived for this purpose alone.
"""

from collections.abc import Sequence
from typing import Final

from google.protobuf.message import DecodeError
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

from adapters.database.encryption import CannotDecrypt, Keyring

ENCODING: Final = b"binary/encrypted"
_PURPOSE: Final = "payload "
"""Prefix of each secret, so that a secret that is also used elsewhere gives another key here."""


class SealedPayloads(PayloadCodec):
    """Codec with comma-separated secrets: the first encrypts, all of them decrypt.

    Unencrypted payloads stay readable, so that encryption can be switched on while orders are open.
    """

    def __init__(self, keys: str) -> None:
        secrets = [secret for part in keys.split(",") if (secret := part.strip())]
        if not secrets:
            raise ValueError("JIESU_PAYLOAD_KEY 中没有密钥")
        self._keyring = Keyring(",".join(_PURPOSE + secret for secret in secrets))

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Encrypt each payload; encrypting one twice gives different bytes."""
        return [
            Payload(metadata={"encoding": ENCODING}, data=self._keyring.seal(payload.SerializeToString()))
            for payload in payloads
        ]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Decrypt the encrypted payloads. Raises CannotDecrypt if no key fits."""
        return [self._opened(payload) for payload in payloads]

    def _opened(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return payload
        try:
            return Payload.FromString(self._keyring.unseal(payload.data))
        except (CannotDecrypt, DecodeError) as error:
            raise CannotDecrypt("没有能解开此内容的密钥，请检查 JIESU_PAYLOAD_KEY") from error
