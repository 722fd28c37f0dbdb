"""The sheet of an order, set as a page and on paper."""

from adapters.archive.sheet_html import page
from adapters.archive.sheet_pdf import paper
from domain.archive.sheet import Sheet


class Sheets:
    """Both ways to set a sheet."""

    def html(self, sheet: Sheet) -> bytes:
        """A page that stands alone."""
        return page(sheet)

    def pdf(self, sheet: Sheet) -> bytes:
        """PDF/A-2b; blocks."""
        return paper(sheet)
