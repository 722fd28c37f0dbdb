"""The sheet of an archived order as a page and as PDF/A-2b, the same bytes for the same content.

The PDF is set by Typst with the font that comes with us, embedded. Words are data there, never markup. What the
font has no shape for (pictures, the rarest of characters) is replaced by 〓, and a note says so.
"""

import json
import re
from collections.abc import Mapping
from html import escape
from importlib.metadata import files
from pathlib import Path
from threading import Lock
from typing import Any, Final

import typst

TEMPLATE: Final = Path(__file__).parent / "sheet.typ"
FONT_PACKAGE: Final = "cvttf-notosanscjk-regular"
SUBSTITUTE: Final = "〓"
NOTE: Final = f"字体中没有的字符以 {SUBSTITUTE} 代替；原文见 personal/ 中的 JSON 文件。"
MOST_REPLACED: Final = 60
_NO_SHAPE: Final = re.compile(r'the text `"(.*?)"` could not be displayed', re.DOTALL)
_COMMON: Final = re.compile(r"[^\n -~\u3000-\u303f\u4e00-\u9fa5\uff01-\uff5e]")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_STYLE: Final = """
body { font: 15px/1.6 "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; max-width: 60rem; margin: 2rem auto;
  padding: 0 1rem }
h1 { font-size: 1.4rem; text-align: center }
h2 { font-size: 1.05rem; margin: 1.4rem 0 .4rem }
table { border-collapse: collapse; width: 100% }
td, th { border: 1px solid #bbb; padding: .25rem .5rem; text-align: left; vertical-align: top;
  overflow-wrap: anywhere; white-space: pre-wrap }
th { color: #555; font-weight: normal }
p { color: #555 }
"""


class Sheets:
    """Makes both; one PDF at a time, and each call blocks for some milliseconds."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._compiler: typst.Compiler | None = None

    def html(self, sheet: Mapping[str, Any]) -> bytes:
        """A page that needs nothing but itself."""
        parts = [_table(section) for section in sheet["sections"]]
        notes = "".join(f"<p>{escape(note)}</p>" for note in sheet["notes"])
        title = escape(f"{sheet['title']} {sheet['no']}")
        return (
            f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>{title}</title>'
            f"<style>{_STYLE}</style><body><h1>{title}</h1>{''.join(parts)}{notes}</body></html>\n"
        ).encode("utf-8", "replace")

    def pdf(self, sheet: Mapping[str, Any]) -> bytes:
        """PDF/A-2b. Raises typst.TypstError for what is wrong with the template itself."""
        text = _UNPRINTABLE.sub(SUBSTITUTE, json.dumps(sheet, ensure_ascii=False))
        replaced = SUBSTITUTE in text
        for _ in range(MOST_REPLACED):
            try:
                return self._set(_noted(text) if replaced else text)
            except typst.TypstError as error:
                lacking = _NO_SHAPE.search(error.message)
                if lacking is None:
                    raise
                text, replaced = _without(text, lacking[1]), True
        return self._set(_noted(_COMMON.sub(SUBSTITUTE, text)))

    def _set(self, text: str) -> bytes:
        with self._lock:
            if self._compiler is None:
                self._compiler = typst.Compiler(str(TEMPLATE), font_paths=[_font_folder()], ignore_system_fonts=True)
            made = self._compiler.compile(format="pdf", pdf_standards=["a-2b"], sys_inputs={"sheet": text})
        assert isinstance(made, bytes)
        return made


def _without(text: str, lacking: str) -> str:
    """The text with a substitute for each of these characters, of which the error may show an escaped form."""
    shown = lacking.encode("ascii", "ignore").decode() if not lacking.isprintable() else lacking
    for character in set(shown) - set(' \\{}"'):
        if not character.isascii():
            text = text.replace(character, SUBSTITUTE)
    if not any(not character.isascii() for character in shown):
        return _COMMON.sub(SUBSTITUTE, text)
    return text


def _noted(text: str) -> str:
    sheet = json.loads(text)
    return json.dumps(sheet | {"notes": [*sheet["notes"], NOTE]}, ensure_ascii=False)


def _font_folder() -> str:
    for file in files(FONT_PACKAGE) or ():
        if file.suffix == ".otf" and file.parts[0] != "..":
            return str(Path(str(file.locate())).parent)
    raise FileNotFoundError(FONT_PACKAGE)


def _table(section: Mapping[str, Any]) -> str:
    header = "".join(f"<th>{escape(cell)}</th>" for cell in section["header"])
    rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in section["rows"])
    return f"<h2>{escape(section['title'])}</h2><table>{f'<tr>{header}</tr>' if header else ''}{rows}</table>"
