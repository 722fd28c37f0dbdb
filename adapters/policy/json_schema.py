"""JSON Schema with which editors complete and check `policies.yaml`.

`python -m adapters.policy.json_schema` rewrites it. It is looser than `jiesu policy check`, which is authoritative:
a regime may omit what it inherits from its base, and set to null what it removes.
"""

import json
from typing import Any

from adapters.policy.policy_file import json_schema
from adapters.settings.settings import ROOT
from domain.policy.rule_book import PolicyFile

FILE = ROOT / "policies.schema.json"
NULL = {"type": "null"}


def schema() -> str:
    """The text of the schema file."""
    found = json_schema(PolicyFile)
    for definition in found["$defs"].values():
        for key, value in definition.get("properties", {}).items():
            definition["properties"][key] = _or_null(value)
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def _or_null(value: dict[str, Any]) -> dict[str, Any]:
    """The schema of a value or null; without pydantic's titles and defaults, which an editor does not need."""
    said = {key: each for key, each in value.items() if key not in {"title", "default"}}
    if isinstance(of_each := said.get("additionalProperties"), dict):
        said["additionalProperties"] = _or_null(of_each)
    choices = said.get("anyOf", [said])
    return {"anyOf": [*choices, NULL]} if choices and NULL not in choices else said


if __name__ == "__main__":
    FILE.write_text(schema(), "utf-8")
