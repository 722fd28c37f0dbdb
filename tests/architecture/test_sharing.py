"""How tests are grouped among the processes of a run."""

import pytest

from tests.sharing import group_of


@pytest.mark.parametrize(
    ("file", "group"),
    [
        ("tests/api/test_poison.py", "api of tests/api"),
        ("tests/clauses/test_privacy.py", "api of tests/clauses"),
        ("tests/clauses/test_dalad.py", "stage"),
        ("tests/workflows/test_races.py", "stage"),
        ("tests/telephone/test_texts.py", "exchange"),
        ("tests/city/test_inbound.py", "town"),
        ("tests/domain/test_due.py", "tests/domain/test_due.py"),
    ],
)
def test_a_file_belongs_to_its_installation_or_to_itself(file: str, group: str) -> None:
    assert group_of(file) == group


def test_files_with_an_installation_come_first(request: pytest.FixtureRequest) -> None:
    files = list(dict.fromkeys(item.nodeid.partition("::")[0] for item in request.session.items))
    shared = [group_of(file) != file for file in files]
    assert shared == sorted(shared, reverse=True)
