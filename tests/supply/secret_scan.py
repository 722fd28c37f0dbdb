"""The scan for secrets in the files under version control.

`python -m tests.supply.secret_scan` accepts the current findings. Check each one first: a secret that gets into the
history stays there, and must be replaced where it is used.
"""

import json
import re
import subprocess
from pathlib import Path
from typing import Any, Final

from detect_secrets.core import baseline
from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import transient_settings

from adapters.settings.settings import ROOT

BASELINE: Final = ROOT / ".secrets.baseline"
MADE: Final = re.compile(
    r"requirements(-production)?\.lock|policies\.schema\.json|LICENSE|\.secrets\.baseline|tests/replay/histories/.+"
)
"""Generated from scanned files, or full of digests."""

DETECTORS: Final[dict[str, Any]] = {
    "plugins_used": [
        {"name": "AWSKeyDetector"},
        {"name": "AzureStorageKeyDetector"},
        {"name": "BasicAuthDetector"},
        {"name": "GitHubTokenDetector"},
        {"name": "GitLabTokenDetector"},
        {"name": "JwtTokenDetector"},
        {"name": "KeywordDetector"},
        {"name": "PrivateKeyDetector"},
        {"name": "PypiTokenDetector"},
        {"name": "SlackDetector"},
        {"name": "TwilioKeyDetector"},
        {"name": "Base64HighEntropyString", "limit": 4.5},
        {"name": "HexHighEntropyString", "limit": 3.0},
    ]
}


def tracked() -> list[str]:
    """The files under version control, without generated ones."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True, timeout=60)
    return [name for name in listed.stdout.split("\0") if name and not MADE.fullmatch(name) and (ROOT / name).is_file()]


def scan(*names: str, root: Path = ROOT) -> SecretsCollection:
    """Possible secrets in these files."""
    with transient_settings(DETECTORS):
        found = SecretsCollection(root=str(root))
        for name in names:
            found.scan_file(name)
        return found


def findings(of: SecretsCollection) -> set[tuple[str, str, str]]:
    """File, type and digest of each finding, independent of the folder."""
    return {(name, secret.type, secret.secret_hash) for name, secret in of}


def accepted() -> set[tuple[str, str, str]]:
    """The accepted findings."""
    return findings(baseline.load(baseline.load_from_file(str(BASELINE))))


def accept() -> None:
    """Write the baseline, without the folder of this machine."""
    with transient_settings(DETECTORS):
        kept = baseline.format_for_output(scan(*tracked()))
    for name, secrets in kept["results"].items():
        for secret in secrets:
            secret["filename"] = name
    BASELINE.write_text(json.dumps(kept, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    accept()
