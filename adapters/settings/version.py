"""The version of this program, which is written in `pyproject.toml` and nowhere else."""

import tomllib

from adapters.settings.settings import ROOT


def version() -> str:
    """Reads it from the file: metadata of the installed package is missing or old where nothing was installed since."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return str(project["version"])
