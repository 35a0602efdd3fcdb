"""docs/policy.md: every row of the policy has tests, they exist, and the page says so."""

import ast
from pathlib import Path

import pytest

import test_policy
from policy_table import DERIVATIVES, GRAPHS, PAGE, covering, page

TESTS = Path(__file__).parent
ROWS = [*DERIVATIVES, *GRAPHS]


def functions_in(file):
    tree = ast.parse((TESTS / file).read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_each_row_has_tests_that_exist(row):
    point, derivative, tests = row
    found = covering(point, tests)
    assert derivative
    assert found
    for file, name in found:
        assert name.partition("[")[0] in functions_in(file)


def test_what_is_tested_stands_in_the_table():
    assert set(test_policy.ROWS) <= {point for point, _, _ in DERIVATIVES}
    tested = {name for _, _, tests in DERIVATIVES if "linalg" in tests for name in tests.split()}
    assert {
        name for name in functions_in("test_policy_linalg.py") if name.startswith("test_")
    } <= tested


def test_the_page_is_up_to_date():
    assert PAGE.read_text("utf-8") == page(), "python tests/policy_table.py writes it anew"
