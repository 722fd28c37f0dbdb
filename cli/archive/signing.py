"""`jiesu archive key`: prints the public key for verifying archive bundles."""

import sys

from adapters.archive.signature import Signatures
from adapters.settings.settings import settings


def key() -> None:
    """输出归档签名的公钥（PEM）；应与归档包分开另行公布，供日后核验。"""
    sys.stdout.write(Signatures(settings().archive_key).public_key.decode())
