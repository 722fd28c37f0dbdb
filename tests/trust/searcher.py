"""Searches bytes for a text in all encodings in which it may occur."""

import base64
import json
from collections.abc import Iterable, Mapping
from html import escape
from urllib.parse import quote


def forms(text: str) -> set[bytes]:
    """The forms of a text: plain, escaped, quoted, in other encodings, in base64 at each of three offsets, in hex."""
    plain = text.encode()
    written = json.dumps(text)[1:-1]
    found = {plain, text.encode("utf-16-le"), text.encode("utf-16-be"), text.encode("gb18030")}
    for escaped in (written, written.replace("\\u", "\\\\u"), "".join(f"&#{ord(c)};" for c in text), escape(text)):
        found.add(escaped.encode())
    found.add(_upper(written).encode())
    quoted = quote(text, safe="")
    found |= {quoted.encode(), quoted.lower().encode(), quoted.replace("%", "%25").encode()}
    found |= {plain.hex().encode(), plain.hex().upper().encode()}
    for whole in (plain, written.encode()):
        found |= set(_base64(whole))
    return found


def _upper(written: str) -> str:
    """`\\u4E2D` for `\\u4e2d`."""
    first, *rest = written.split("\\u")
    return first + "".join(f"\\u{part[:4].upper()}{part[4:]}" for part in rest)


def _base64(content: bytes) -> Iterable[bytes]:
    """The base64 characters that do not depend on the bytes before and after the content."""
    for before in range(3):
        padded = base64.b64encode(b"\0" * before + content)
        # The first characters also encode bits of the bytes before, the last ones of the bytes after.
        begin, end = (0, 2, 3)[before], -(len(padded) - (before + len(content)) * 8 // 6) or None
        certain = padded[begin:end]
        yield certain
        yield certain.replace(b"+", b"-").replace(b"/", b"_")


class Searcher:
    """Searches for many texts, each with a name."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.forms = {name: forms(text) for name, text in texts.items()}

    def found_in(self, content: bytes) -> set[str]:
        """The names of the texts that occur in any form."""
        return {name for name, each in self.forms.items() if any(form in content for form in each)}
