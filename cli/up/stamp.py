"""A stamp of the files from which the database was filled: if it matches, a start does not fill it again."""

from hashlib import sha256
from pathlib import Path

from adapters.settings.settings import ROOT

SOURCES = (
    *("migrations/versions/*.py", "adapters/database/roles/rights.py", "adapters/database/roles/granting.py"),
    *("adapters/database/accounts/sample_accounts.py", "cli/up/samples.py"),
)


def stamp(policy_file: Path, password: str) -> str:
    """A digest of the password and of the files from which `cli.up.prepare` fills the database."""
    files = [policy_file, *sorted(file for pattern in SOURCES for file in ROOT.glob(pattern))]
    return sha256(b"\0".join([password.encode(), *(file.read_bytes() for file in files)])).hexdigest()


class Stamp:
    """A file with the stamp of the content of the database beside it."""

    def __init__(self, file: Path, database: Path, wanted: str) -> None:
        self._file = file
        self._wanted = wanted
        # Read before the database starts: a missing database folder is empty whatever the file says.
        self.holds = database.exists() and file.exists() and file.read_text() == wanted

    def put(self) -> None:
        """Write the stamp: the database is filled."""
        self._file.write_text(self._wanted)
