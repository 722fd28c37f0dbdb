"""An Open311 client with an API key."""

from typing import Any

import httpx

from adapters.database.accounts.api_keys import ApiKeys, new_key
from adapters.database.encryption import Keyring
from adapters.database.engine import Database
from adapters.settings.settings import Settings

DEMAND = {
    "service_code": "water",
    "lat": "39.3781",
    "long": "99.8193",
    "address_string": "南华镇学府路口",
    "description": "路口积水三天，行人无法通过。",
    "media_url": "https://example.com/photo.jpg?a=1&b=2",
}


async def let_in(settings: Settings, *, source: str, regime: str = "gaotai", per_minute: int = 10_000) -> str:
    """Create an API key."""
    database = Database(settings.database_url, Keyring("unused"), pool_size=1)
    key = new_key().text
    await ApiKeys(database).add(key, regime=regime, source=source, name="测试", per_minute=per_minute)
    await database.dispose()
    return key


class Public:
    """An application that sends demands with its own key."""

    def __init__(self, base: str, key: str, regime: str = "gaotai") -> None:
        self.root = f"{base}/open311/v2"
        self.key = key
        self.county = {"jurisdiction_id": regime}
        self.http = httpx.Client(base_url=self.root, timeout=40, trust_env=False)

    def get(self, path: str, **query: Any) -> httpx.Response:
        """GET, by default for its own county."""
        return self.http.get(path, params=self.county | query)

    def send(self, form: str = "json", headers: dict[str, str] | None = None, **fields: Any) -> httpx.Response:
        """POST a request; fields that are None are left out."""
        said = {"api_key": self.key} | self.county | DEMAND | fields
        body = {name: value for name, value in said.items() if value is not None}
        return self.http.post(f"/requests.{form}", data=body, headers=headers or {})

    def open(self, **fields: Any) -> str:
        """Send a demand; returns the number of its order."""
        answer = self.send(**fields)
        assert answer.status_code == 201, answer.text
        return str(answer.json()[0]["service_request_id"])
