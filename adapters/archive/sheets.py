"""Renders the sheet of an order as HTML and as PDF."""

from adapters.archive.sheet_html import page
from adapters.archive.sheet_pdf import paper
from domain.archive.sheet import Sheet


class Sheets:
    """Renders sheets."""

    def html(self, sheet: Sheet) -> bytes:
        """A self-contained HTML page."""
        return page(sheet)

    def pdf(self, sheet: Sheet) -> bytes:
        """PDF/A-2b; blocks."""
        return paper(sheet)
