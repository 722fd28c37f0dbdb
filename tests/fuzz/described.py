"""The API's schema for schemathesis, with placeholders for orders that are created later."""

import os
from collections.abc import Sequence
from typing import Any, Final

import schemathesis
from schemathesis import Case
from schemathesis.config import SchemathesisConfig
from schemathesis.schemas import BaseSchema

from api.app import create_app

EXAMPLES: Final = int(os.environ.get("JIESU_FUZZ_EXAMPLES", "4"))
"""Random cases of each route, in addition to those that try each limit of its schema once."""

# A well-formed request may still be against the rules of the order's present state, hence these codes. 429 is for
# locked user names; requests are not limited here.
RULES: Final = ["2xx", "3xx", "400", "401", "403", "404", "409", "410", "415", "416", "422", "429"]
CONFIG: Final = {
    "generation": {"max-examples": EXAMPLES, "deterministic": True, "database": "none"},
    "phases": {"coverage": {"unexpected-methods": ["PUT", "TRACE"]}},
    "checks": {"positive_data_acceptance": {"expected-statuses": RULES}},
}
PLACES: Final = ("ORDER-1", "ORDER-2", "ORDER-3", "ORDER-4")


def described() -> BaseSchema:
    """The schema of the API; an order number in it is one of `PLACES`, or unknown."""
    document: dict[str, Any] = create_app().openapi()
    for operations in document["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path" and parameter["name"] == "no":
                    parameter["schema"] = {"type": "string", "enum": [*PLACES, "20000101-999999"]}
    return schemathesis.openapi.from_dict(document, config=SchemathesisConfig.from_dict(CONFIG))


def point(case: Case[Any], numbers: Sequence[str]) -> None:
    """Replace the placeholder in a case by the number of the real order."""
    named = case.path_parameters.get("no")
    if named in PLACES:
        case.path_parameters["no"] = numbers[PLACES.index(named)]
