"""The rule books in force, with their calendars."""

from datetime import datetime
from pathlib import Path

from adapters.policy.holiday_calendar import calendar_days
from adapters.policy.policy_file import load
from domain.calendar.business_calendar import CST, CalendarDays
from domain.policy.rule_book import PolicyFile, Regime
from domain.refusal import Code, Refused

YEARS_BACK, YEARS_AHEAD = 1, 3


class RuleBooks:
    """Regimes by id. `hashes` are those of their contents; `calendar` covers the year before to three years ahead."""

    def __init__(self, file: PolicyFile, year: int) -> None:
        self.regimes = file.regimes
        self.hashes = {name: regime.digest() for name, regime in file.regimes.items()}
        self._overrides = file.calendar
        self.calendar = self.days_around(year)

    @classmethod
    def load(cls, source: Path | str, year: int | None = None) -> "RuleBooks":
        """Load a file (a Path) or a YAML text, for orders of `year` (default: this one). Raises PolicyErrors."""
        return cls(load(source, PolicyFile), year or datetime.now(CST).year)

    def days_around(self, year: int) -> CalendarDays:
        """The calendar for orders of a year."""
        return calendar_days(self._overrides, year - YEARS_BACK, year + YEARS_AHEAD)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all regimes, in the order of the file."""
        return tuple(self.regimes)

    def regime(self, name: str) -> Regime:
        """A regime by id. Raises Refused(invalid)."""
        try:
            return self.regimes[name]
        except KeyError:
            raise Refused(Code.INVALID, f"没有名为“{name}”的规程，可选：{'、'.join(self.ids)}") from None
