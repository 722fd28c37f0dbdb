"""Encrypts payloads before the Temporal server, its database or its UI sees them (docs/adr/0024).

A payload becomes one of encoding `binary/encrypted` whose data is the whole payload, sealed with AES-256-GCM as
`adapters.database.encryption` seals, by keys derived for this purpose alone.
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
    """Comma separated secrets: the first seals, all of them open.

    Payloads in clear stay readable, so that sealing can begin while orders are open.
    """

    def __init__(self, keys: str) -> None:
        secrets = [secret for part in keys.split(",") if (secret := part.strip())]
        if not secrets:
            raise ValueError("JIESU_PAYLOAD_KEY 中没有密钥")
        self._keyring = Keyring(",".join(_PURPOSE + secret for secret in secrets))

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Seal each; two seals of one payload differ."""
        return [
            Payload(metadata={"encoding": ENCODING}, data=self._keyring.seal(payload.SerializeToString()))
            for payload in payloads
        ]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Open each that is sealed. Raises CannotDecrypt for one that none of the keys opens."""
        return [self._opened(payload) for payload in payloads]

    def _opened(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return payload
        try:
            return Payload.FromString(self._keyring.unseal(payload.data))
        except (CannotDecrypt, DecodeError) as error:
            raise CannotDecrypt("没有能解开此内容的密钥，请检查 JIESU_PAYLOAD_KEY") from error
