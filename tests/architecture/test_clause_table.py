"""The table of clauses matches tests and rule books, and every rule that software implements has a test."""

from tests.architecture.clause_table import DOCUMENT, GROUPS, document, keys, seen

REQUIRED = {
    "GT": range(3, 15),
    "HJ": [1, *range(3, 19), 21],
    "DL": [*range(2, 11), 12, 13],
    "RG": range(3, 19),
    "HK": range(1, 13),
    "NA": [1, 2, 8],
}


def test_the_document_is_up_to_date() -> None:
    assert DOCUMENT.read_text("utf-8") == document(), "run: python -m tests.architecture.clause_table"


def test_every_clause_has_a_test() -> None:
    required = {f"{prefix}-{number:02}" for prefix, numbers in REQUIRED.items() for number in numbers}
    assert not required - seen().keys()


def test_every_test_of_a_clause_says_what_the_rule_is() -> None:
    for tests in seen().values():
        for test, rule in tests:
            assert rule.endswith("."), test


def test_every_clause_of_the_policies_is_one_of_ours() -> None:
    assert {clause.partition("-")[0] for clause in keys()} == GROUPS.keys()
