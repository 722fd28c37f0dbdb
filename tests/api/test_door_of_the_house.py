"""The middleware of the running API: headers, documentation, and a burst of one person that is not refused."""

import re
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256

import httpx

from adapters.settings.production_check import SECRETS
from adapters.settings.settings import Settings
from api.app import create_app
from api.middleware.security_headers import USUAL
from tests.api.callers import Caller, problem
from tests.api.conftest import Installation

SignIn = Callable[[str], Caller]


def test_the_running_api_dresses_its_answers_and_says_little_of_itself(caller: SignIn) -> None:
    agent = caller("agent")
    for answer in (agent.get("/units"), agent.get("/nothing"), caller("").get("/units"), agent.get("/health/ready")):
        assert {name: answer.headers.get(name) for name in USUAL} == USUAL
        assert "server" not in answer.headers


def test_a_page_of_another_site_cannot_take_in_a_demand(caller: SignIn) -> None:
    answer = caller("agent").post("/work-orders", {}, Origin="https://evil.example")
    problem(answer, 403, "cross_site")


def test_the_documentation_runs_its_own_script_and_no_other(installation: Installation) -> None:
    page = httpx.get(f"{installation.base}/docs", trust_env=False)
    policy = page.headers["Content-Security-Policy"]
    scripts = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    assert scripts
    for script in scripts:
        assert f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" in policy
    for source in re.findall(r'(?:src|href)="(https://[^/"]+)', page.text):
        assert source in policy
    assert "script-src" in policy and "'unsafe-inline'" not in policy.split("style-src")[0]


def test_in_production_there_is_no_page_to_try_things_out() -> None:
    names = (str(Settings.model_fields[field].alias) for field in SECRETS)
    sound = {name: f"{name.lower()}-{'0123456789' * 3}" for name in names}
    app = create_app(Settings.model_validate(sound | {"JIESU_ENV": "production"}))
    paths = {getattr(route, "path", "") for route in app.routes}
    assert not paths & {"/docs", "/redoc", "/docs/oauth2-redirect"}
