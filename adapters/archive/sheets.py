"""Renders the sheet of an order as HTML and as PDF."""

from adapters.archive.sheet_html import render_html
from adapters.archive.sheet_pdf import render_pdf
from domain.archive.sheet import Sheet


class Sheets:
    """Renders sheets."""

    def html(self, sheet: Sheet) -> bytes:
        """A self-contained HTML page."""
        return render_html(sheet)

    def pdf(self, sheet: Sheet) -> bytes:
        """PDF/A-2b; blocks."""
        return render_pdf(sheet)
