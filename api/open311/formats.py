"""Writes a value as JSON or XML; the standard maps them by the Spark convention, which drops the root."""

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final
from xml.etree.ElementTree import Element, SubElement, tostring

from fastapi import Response
from starlette.convertors import Convertor, register_url_convertor


class Format(StrEnum):
    """The format of an answer, named by the end of the address."""

    XML = "xml"
    JSON = "json"


class FormatSuffix(Convertor[str]):
    """The end of an address behind its last dot.

    Letters only: a pattern that matches dots, behind another one, backtracks quadratically. One address of 32,000 dots
    kept a process busy for half a minute.
    """

    regex = "[A-Za-z]{1,10}"

    def convert(self, value: str) -> str:
        """The value unchanged."""
        return value

    def to_string(self, value: str) -> str:
        """The value unchanged."""
        return value


register_url_convertor("ending", FormatSuffix())

MEDIA_TYPES: Final = {Format.XML: "text/xml; charset=utf-8", Format.JSON: "application/json; charset=utf-8"}

_ONE_OF: Final = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
}
"""The XML element of an item, by its list."""

_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 forbids, even as a reference."""


def render(
    root: str, value: Any, form: Format, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A value of dicts, lists and scalars as a response; `root` names it in XML."""
    if form is Format.JSON:
        content = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    else:
        document = Element(root)
        _fill(document, value)
        content = tostring(document, encoding="utf-8", xml_declaration=True)
    return Response(content, status, dict(headers or {}), MEDIA_TYPES[form])


def _fill(element: Element, value: Any) -> None:
    match value:
        case None:
            pass
        case bool():
            element.text = "true" if value else "false"
        case dict():
            for name, below in value.items():
                _fill(SubElement(element, name), below)
        case list() | tuple():
            for below in value:
                _fill(SubElement(element, _ONE_OF[element.tag]), below)
        case _:
            element.text = _NOT_XML.sub("", str(value))
