"""Tells whether the database was filled from the present files, so that a start can skip filling it."""

from hashlib import sha256
from pathlib import Path

from adapters.settings.settings import ROOT

SOURCES = (
    *("migrations/versions/*.py", "adapters/database/roles/rights.py", "adapters/database/roles/granting.py"),
    *("adapters/database/accounts/sample_accounts.py", "cli/up/samples.py"),
)


def stamp(policy_file: Path, password: str) -> str:
    """A hash of everything that `cli.up.prepare` puts into the database."""
    files = [policy_file, *sorted(file for pattern in SOURCES for file in ROOT.glob(pattern))]
    return sha256(b"\0".join([password.encode(), *(file.read_bytes() for file in files)])).hexdigest()


class Stamp:
    """A file that holds the stamp of what the database beside it was filled with."""

    def __init__(self, file: Path, database: Path, wanted: str) -> None:
        self._file = file
        self._wanted = wanted
        # Asked before the database is started: a folder that is made anew is empty, whatever the file says.
        self.holds = database.exists() and file.exists() and file.read_text() == wanted

    def put(self) -> None:
        """Note that all is done."""
        self._file.write_text(self._wanted)
