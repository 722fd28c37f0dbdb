"""Renders an order's sheet as PDF/A-2b (ISO 19005-2), with everything embedded, fonts too.

Equal sheets give equal bytes: the file has neither a date nor random values. Compiling takes about 30 ms of a
processor and lets other threads run meanwhile.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import cvttf_NotoSansCJK_Regular
import typst

from adapters.archive.font_coverage import coverage
from adapters.archive.sheet_html import shown
from domain.archive.sheet import Sheet

FONTS: Final = Path(cvttf_NotoSansCJK_Regular.__file__).parent
FONT: Final = FONTS / "NotoSansCJKtc-Regular.otf"
SOURCE: Final = Path(__file__).with_name("sheet.typ")
SUBSTITUTE: Final = "〓"
"""The mark that Chinese printers traditionally put for a missing type."""

NOTE: Final = "〓 代表字库中没有的字符，原文见 sheet.html 与 JSON 文件。"


def render_pdf(sheet: Sheet) -> bytes:
    """Render the document; may block. A character that the font lacks is shown as 〓, and a note says so."""
    lacking: set[str] = set()
    said = _set(sheet.model_dump(mode="json"), lacking)
    if lacking:
        said["notes"].append(NOTE)
    return typst.compile(
        SOURCE.read_bytes(),
        font_paths=_fonts(),
        format="pdf",
        pdf_standards="a-2b",
        pdf_tags=False,
        sys_inputs={"sheet": json.dumps(said, ensure_ascii=False)},
        timestamp=0,
    )


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    """The one bundled font and none of the machine's, so that a sheet looks the same everywhere."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])


@lru_cache(maxsize=1)
def _covered() -> frozenset[int]:
    return frozenset(code for codes in coverage(FONT) for code in codes)


def _set(value: Any, lacking: set[str]) -> Any:
    """Replace characters that the font lacks in every text of `value`, and collect them in `lacking`."""
    if isinstance(value, dict):
        return {name: _set(each, lacking) for name, each in value.items()}
    if isinstance(value, list):
        return [_set(each, lacking) for each in value]
    if not isinstance(value, str):
        return value
    visible = shown(value)
    missing = {each for each in visible if ord(each) not in _covered() and each not in "\n\t"}
    lacking |= missing
    return visible.translate({ord(each): SUBSTITUTE for each in missing})
