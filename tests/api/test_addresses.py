"""URLs, which proxies and browsers store, contain no data of citizens, no password and no key."""

import re
from typing import Final

from adapters.database.engine import Database
from api.app import create_app
from api.open311.forms import Search
from tests.api.door import door
from tests.api.test_access import flat, routes

KNOWN: Final = {
    "ids of ours": {"no", "order", "id", "key", "call", "unit", "regime", "command", "service_code", "cursor"},
    "the city's number of an order": {"city_no"},
    "user names of staff": {"name", "username", "person"},
    "words and numbers from closed lists": {
        *("stage", "light", "category", "grade", "overdue", "state", "reveal", "deed", "outcome", "day", "limit"),
        *("question", "try", "fmt"),
    },
    "the right to one file, for ten minutes; of Open311 a token that nobody is given": {"token"},
}
"""Every permitted path and query parameter. Data of another kind belongs in a body."""

PUBLIC: Final = {"service_request_id", "service_code", "start_date", "end_date", "status", "page", "page_size"}


def test_no_address_has_a_place_for_a_citizen_or_a_secret() -> None:
    found: dict[str, set[str]] = {}
    for name, route in routes(create_app()):
        found[name] = set(re.findall(r"\{(\w+)\}", name))
        if (dependant := getattr(route, "dependant", None)) is not None:
            params = [param for each in flat(dependant) for param in each.query_params]
            models = [param.field_info.annotation for param in params]
            found[name] |= {
                alias
                for param, model in zip(params, models, strict=True)
                for alias in ({*getattr(model, "model_fields", {})} or {param.alias})
            }
    assert found["GET /work-orders"] > {"stage", "city_no", "cursor"}, "what a list is narrowed to is seen here"
    assert "token" in found["GET /files/{token}"] and "call" in found["POST /webhooks/voice"]
    assert set.union(*found.values()) == set.union(*KNOWN.values())
    assert set(Search.model_fields) == PUBLIC


async def test_a_key_that_came_in_an_address_opens_nothing(database: Database) -> None:
    async with door(database) as http:
        answer = await http.post("http://jiesu/open311/v2/requests.json?api_key=a_key", data={"service_code": "x"})
    assert (answer.status_code, "网址" in answer.text) == (403, True)
