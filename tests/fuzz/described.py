"""The API by its own description, with names that stand for orders which there are only later."""

import os
from collections.abc import Sequence
from typing import Any, Final

import schemathesis
from schemathesis import Case
from schemathesis.config import SchemathesisConfig
from schemathesis.schemas import BaseSchema

from api.app import create_app

EXAMPLES: Final = int(os.environ.get("JIESU_FUZZ_EXAMPLES", "4"))
"""Random cases of each route, beside those that try each limit of its description once."""

# What is well-formed may still be against the rules, at this moment, for this order: that is what codes are for. 429 is
# what a name is told that is locked; requests as such are not limited here.
RULES: Final = ["2xx", "3xx", "400", "401", "403", "404", "409", "410", "415", "416", "422", "429"]
CONFIG: Final = {
    "generation": {"max-examples": EXAMPLES, "deterministic": True, "database": "none"},
    "phases": {"coverage": {"unexpected-methods": ["PUT", "TRACE"]}},
    "checks": {"positive_data_acceptance": {"expected-statuses": RULES}},
}
PLACES: Final = ("ORDER-1", "ORDER-2", "ORDER-3", "ORDER-4")


def described() -> BaseSchema:
    """What the API says of itself; where an order is named, it is one of `PLACES`, or one that is not there."""
    document: dict[str, Any] = create_app().openapi()
    for operations in document["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path" and parameter["name"] == "no":
                    parameter["schema"] = {"type": "string", "enum": [*PLACES, "20000101-999999"]}
    return schemathesis.openapi.from_dict(document, config=SchemathesisConfig.from_dict(CONFIG))


def point(case: Case[Any], numbers: Sequence[str]) -> None:
    """Have the case name the real order for which its own name stands."""
    named = case.path_parameters.get("no")
    if named in PLACES:
        case.path_parameters["no"] = numbers[PLACES.index(named)]
