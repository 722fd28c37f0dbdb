"""The API conforms to its schema for any input, and refused requests change nothing.

`JIESU_FUZZ_EXAMPLES` is the number of random cases of a route.
"""

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, Response
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation

from tests.api.callers import Caller
from tests.api.conftest import Installation
from tests.fuzz.described import EXAMPLES, described, point
from tests.fuzz.orders_at_hand import digest, in_stages

SignIn = Callable[[str], Caller]

ABLE = {
    "answer_at_intake|withdraw|merge|join": "agent",
    "transfer_out|acknowledge_transfer|dispatch": "dispatcher",
    "record_callback": "callback_staff",
    "urge|open_supervision": "supervisor",
    "request_termination": "reviewer",
    "commands/": "clerk-housing",
    "viewers": "hotline_director",
    "POST /api/v1/work-orders$": "agent",
    "attachments": "clerk-housing",
    "callbacks|call-tasks|inbound|city": "hotline_director",
    "approvals": "reviewer",
    "/account": "deputy-leader-water",
    "users|audit": "admin",
}
"""Part of the operation → a permitted user; the first match counts. Wrong passwords lock a user that no test needs."""

UNABLE = ("", "panel", "clerk-market")
"""Anonymous; a role without any command; and a unit to which the orders were never sent."""

OTHERWISE = re.compile(r"/attachments$|/attachments/|/token$|/webhooks/|/account/|/lookup$")
"""Writing routes for all signed-in users (one of them only reads), or with another kind of authentication."""

SCHEMA = described()
QUIET = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
counted: Counter[str] = Counter()


@pytest.fixture(scope="module")
def session(installation: Installation) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture(scope="module")
def numbers(caller: SignIn) -> list[str]:
    """Orders that may be moved on."""
    return in_stages(caller)


def authorised(caller: SignIn, name: str) -> dict[str, str]:
    return {"Authorization": caller(name).http.headers["Authorization"]} if name else {}


def tell(capsys: pytest.CaptureFixture[str], line: str) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\n{line}\n")


def able(operation: APIOperation[Any, Any, Any, Any]) -> str:
    """The user who may call the operation."""
    return next((who for part, who in ABLE.items() if re.search(part, operation.label)), "hotline_director")


@SCHEMA.parametrize()
@QUIET
def test_the_api_is_what_it_says(
    case: Case[Any], installation: Installation, caller: SignIn, session: requests.Session, numbers: list[str]
) -> None:
    point(case, numbers)
    headers = authorised(caller, able(case.operation))
    answer = case.call(base_url=installation.base, session=session, headers=headers)
    counted[str(answer.status_code)] += 1
    how = {"base_url": installation.base, "session": session, "headers": headers}
    case.validate_response(answer, headers=headers, transport_kwargs=how)


def test_thousands_of_cases_were_tried(capsys: pytest.CaptureFixture[str]) -> None:
    tell(capsys, f"{sum(counted.values())} cases by their answers: {dict(sorted(counted.items()))}")
    assert sum(counted.values()) > 2000
    assert {"200", "201", "401", "403", "404", "405", "409", "422"} <= set(counted)
    assert not [status for status in counted if status.startswith("5")]


Operation = APIOperation[Any, Any, Any, Any]
Send = Callable[[Case[Any], str], Response]


@pytest.fixture
def send(installation: Installation, caller: SignIn, session: requests.Session) -> Send:
    """A function that sends a case as a given user, and expects a refusal."""

    def send(case: Case[Any], who: str) -> Response:
        answer = case.call(base_url=installation.base, session=session, headers=authorised(caller, who))
        assert 400 <= answer.status_code < 500, (who, case.operation.label, case.body, answer.status_code)
        return answer

    return send


def writes() -> Iterator[Operation]:
    """Writing operations that authenticate by token."""
    for found in SCHEMA.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        if operation.method.upper() != "GET" and not OTHERWISE.search(operation.path):
            yield operation


def ask(cases: st.SearchStrategy[Case[Any]], numbers: list[str], who: str, send: Send) -> int:
    """Send cases about these orders; returns their number."""
    sent = 0

    @QUIET
    @given(case=cases, no=st.sampled_from(numbers))
    def each(case: Case[Any], no: str) -> None:
        nonlocal sent
        if "no" in case.path_parameters:
            case.path_parameters["no"] = no
        send(case, who)
        sent += 1

    each()
    return sent


def test_who_may_not_changes_nothing(
    installation: Installation, caller: SignIn, send: Send, capsys: pytest.CaptureFixture[str]
) -> None:
    numbers, url = in_stages(caller), installation.settings.database_url
    before, refused = digest(url, numbers), 0
    for operation in writes():
        for who in UNABLE:
            refused += ask(operation.as_strategy(), numbers, who, send)
        assert digest(url, numbers) == before, operation.label
    tell(capsys, f"{refused} calls of who may not: nothing was changed")
    assert refused > 100


def has_a_wrong_body(case: Case[Any]) -> bool:
    parts = case.meta.components if case.meta else {}
    return any(part.value == "body" and each.mode is GenerationMode.NEGATIVE for part, each in parts.items())


def test_what_is_ill_formed_changes_nothing(
    installation: Installation, caller: SignIn, send: Send, capsys: pytest.CaptureFixture[str]
) -> None:
    numbers, url = in_stages(caller), installation.settings.database_url
    before, refused = digest(url, numbers), 0
    for operation in writes():
        if "/commands/" in operation.path:
            wrong = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE).filter(has_a_wrong_body)
            refused += ask(wrong, numbers, able(operation), send)
            assert digest(url, numbers) == before, operation.label
    tell(capsys, f"{refused} calls of who may, ill-formed: nothing was changed")
    assert refused > 50
