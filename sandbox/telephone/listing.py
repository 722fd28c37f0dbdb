"""Pagination as in Twilio's API: newest first, with a token that is stable while new entries arrive."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Query, Request

from sandbox.telephone.twilio_formats import TwilioError

_TOKEN = "PA"  # before the id of the last one of the page before  # noqa: S105


class Place:
    """The requested page of a list."""

    def __init__(
        self,
        request: Request,
        page_size: Annotated[int, Query(alias="PageSize", ge=1, le=1000)] = 50,
        page: Annotated[int, Query(alias="Page", ge=0)] = 0,
        token: Annotated[str, Query(alias="PageToken")] = "",
    ) -> None:
        if page and not token.startswith(_TOKEN):
            raise TwilioError(400, 20006, "Page number out of range. PageToken is required")
        self.size = page_size
        self.after = token.removeprefix(_TOKEN) or None
        self._page = page
        self._path = request.url.path
        self._query = dict(request.query_params)

    def body(self, name: str, found: list[dict[str, Any]]) -> dict[str, Any]:
        """The body of the page; `found` has one row more than its size if there is a next page."""
        rows = found[: self.size]
        start = self._page * self.size
        return {
            name: rows,
            "page": self._page,
            "page_size": self.size,
            "start": start,
            "end": start + max(len(rows) - 1, 0),
            "uri": self._uri(self._page, self.after),
            "first_page_uri": self._uri(0, None),
            "previous_page_uri": None,
            "next_page_uri": self._uri(self._page + 1, rows[-1]["sid"]) if len(found) > self.size else None,
        }

    def _uri(self, page: int, after: str | None) -> str:
        query = self._query | {"PageSize": str(self.size), "Page": str(page)}
        query.pop("PageToken", None)
        return f"{self._path}?{urlencode(query | ({'PageToken': _TOKEN + after} if after else {}))}"


PlaceDep = Annotated[Place, Depends()]


def date_range(query: Mapping[str, str]) -> tuple[float, float]:
    """The filter DateSent (a day in UTC), `DateSent>` (from), `DateSent<` (until) as [since, before)."""
    try:
        moments = {key: datetime.fromisoformat(query[key]) for key in query if key.startswith("DateSent")}
    except ValueError as error:
        raise TwilioError(400, 20001, "Invalid DateSent") from error
    seconds = {key: _utc(moment) for key, moment in moments.items()}
    since, before = seconds.get("DateSent>", 0.0), seconds.get("DateSent<", float("inf"))
    if "DateSent" in seconds:
        since = seconds["DateSent"] // 86400 * 86400
        before = since + 86400
    return since, before


def _utc(moment: datetime) -> float:
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
