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
    tested = {test for point, _, tests in DERIVATIVES for test in covering(point, tests)}
    for file in sorted(path.name for path in TESTS.glob("test_policy_*.py")):
        if file != Path(__file__).name:
            names = {name for name in functions_in(file) if name.startswith("test_")}
            assert {name for name in names if (file, name) not in tested} == set()


def test_the_page_is_up_to_date():
    assert PAGE.read_text("utf-8") == page(), "python tests/policy_table.py writes it anew"
