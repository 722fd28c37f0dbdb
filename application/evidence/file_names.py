"""File names: makes the sender's name harmless, and gives it the extension of its content."""

import re
import unicodedata
from typing import Final
from urllib.parse import quote

from adapters.files.file_types import KINDS
from domain.policy.evidence import FileType

LONGEST: Final = 100
NAMELESS: Final = "附件"
_FORBIDDEN: Final = re.compile(r'[<>:"|?*]+')
_EXTENSION: Final = re.compile(r"\.([A-Za-z][A-Za-z0-9]{0,4}|3gp|3g2)$", re.ASCII)


def kept_name(said: str, kind: FileType) -> str:
    """The name under which a file is kept: no folders, no invisible characters, and the extension of its content."""
    name = re.split(r"[/\\]", unicodedata.normalize("NFC", said))[-1]
    # Cc, Cf, Cs and the like control, reverse or cannot be encoded.
    name = "".join(" " if unicodedata.category(each)[0] in "CZ" else each for each in name)
    name = " ".join(_FORBIDDEN.sub(" ", name).split()).strip(". ")
    extension = _EXTENSION.search(name)
    stem = (name[: extension.start()] if extension else name).strip(". ")[:LONGEST] or NAMELESS
    told = extension[1].lower() if extension else ""
    fitting = told if told in KINDS[kind].extensions else KINDS[kind].extensions[0]
    return f"{stem}.{fitting}"


def content_disposition(name: str, *, shown: bool) -> str:
    """The value of `Content-Disposition` (RFC 6266): whether a browser shows the file, and its name for saving it."""
    plain = "file" + name[name.rfind(".") :]
    return f"{'inline' if shown else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
