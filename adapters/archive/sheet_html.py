"""Renders an order's sheet as a self-contained HTML page: no script, nothing fetched, all text escaped."""

import html
import unicodedata
from typing import Final

from domain.archive.sheet import Section, Sheet

STYLE: Final = """\
body{font:15px/1.6 "Noto Sans CJK SC","Source Han Sans SC","PingFang SC","Microsoft YaHei",sans-serif;
margin:2em auto;max-width:62em;padding:0 1em;color:#111}
h1{text-align:center;font-size:1.5em;margin-bottom:0}.no{text-align:center}
h2{font-size:1.05em;margin:1.4em 0 .3em;border-left:.3em solid #a33;padding-left:.5em}
table{border-collapse:collapse;width:100%}td,th{border:1px solid #999;padding:.25em .5em;text-align:left;
vertical-align:top;overflow-wrap:anywhere;white-space:pre-wrap;unicode-bidi:isolate}
th{background:#f2f2f2;font-weight:normal;white-space:nowrap}.notes{color:#444;margin-top:1.5em}
@media print{body{margin:0;max-width:none;font-size:11px}}
"""
POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def render_html(sheet: Sheet) -> bytes:
    """The page, UTF-8; equal sheets give equal bytes."""
    head = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    title = f"{_text(sheet.title)} {_text(sheet.no)}"
    body = [f'<h1>{_text(sheet.title)}</h1><p class="no">{_text(sheet.no)}</p>']
    body += [_section(section) for section in sheet.sections]
    body += ['<div class="notes">', *(f"<p>{_text(note)}</p>" for note in sheet.notes), "</div>"]
    lines = [
        f'<!doctype html>\n<html lang="zh-CN"><head>{head}<title>{title}</title><style>{STYLE}</style></head><body>',
        *body,
        "</body></html>\n",
    ]
    return "\n".join(lines).encode()


def shown(text: str) -> str:
    """The text without invisible characters: controls, and marks that change the text direction."""
    return "".join(each for each in text if each in "\n\t" or unicodedata.category(each) not in _UNSEEN)


_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs"})


def _section(section: Section) -> str:
    rows = [_row(row, first="th" if not section.head else "td") for row in section.rows]
    if section.head:
        rows.insert(0, "<tr>" + "".join(f"<th>{_text(name)}</th>" for name in section.head) + "</tr>")
    return "\n".join([f"<h2>{_text(section.title)}</h2>", "<table>", *rows, "</table>"])


def _row(cells: tuple[str, ...], first: str) -> str:
    tags = [first, *("td" for _ in cells[1:])]
    return "<tr>" + "".join(f"<{tag}>{_text(cell)}</{tag}>" for tag, cell in zip(tags, cells, strict=True)) + "</tr>"


def _text(text: str) -> str:
    return html.escape(shown(text))
