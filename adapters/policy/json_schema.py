"""The JSON Schema by which an editor completes and checks `policies.yaml` while it is typed.

`python -m adapters.policy.json_schema` writes it anew. It is looser than `jiesu policy check`, which has the last word:
a regime may leave to its base what it inherits, and set to null what it takes away.
"""

import json
from typing import Any

from adapters.policy.policy_file import json_schema
from adapters.settings.settings import ROOT
from domain.policy.rule_book import PolicyFile

FILE = ROOT / "policies.schema.json"
NULL = {"type": "null"}


def schema() -> str:
    """The text of the file."""
    found = json_schema(PolicyFile)
    for definition in found["$defs"].values():
        for key, value in definition.get("properties", {}).items():
            definition["properties"][key] = _or_null(value)
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def _or_null(value: dict[str, Any]) -> dict[str, Any]:
    """The same, or null; what pydantic says of names and defaults tells an editor nothing."""
    said = {key: each for key, each in value.items() if key not in {"title", "default"}}
    if isinstance(of_each := said.get("additionalProperties"), dict):
        said["additionalProperties"] = _or_null(of_each)
    choices = said.get("anyOf", [said])
    return {"anyOf": [*choices, NULL]} if choices and NULL not in choices else said


if __name__ == "__main__":
    FILE.write_text(schema(), "utf-8")
