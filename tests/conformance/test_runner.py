"""The runner of the official suite, on a suite of a few tests: what it counts, what it refuses."""

import argparse
import random
import sys
import zlib
from pathlib import Path

import pytest

CONFORMANCE = Path(__file__).resolve().parents[2] / "conformance"
sys.path.append(str(CONFORMANCE))

import run as runner  # noqa: E402  # conformance/run.py
import suite  # noqa: E402

CONFTEST = """
def pytest_addoption(parser):
    parser.addoption("--max-examples")
    parser.addoption("--disable-deadline", action="store_true")
"""

# As the real suite does it.
PACKAGE = """
import os

script = os.environ["ARRAY_API_TESTS_MODULE"].removeprefix("exec('").removesuffix("')")
namespace = {}
exec(script, namespace)
xp = namespace["xp"]
"""

TESTS = """
import random

from array_api_tests import xp


def test_sum():
    assert float(xp.sum(xp.ones(3))) == 3.0


def test_sin():
    assert float(xp.sin(xp.zeros(()))) == 0.0


def test_seeded():
    assert random.random() == DRAWN
"""

ALWAYS_WRONG = """
def test_wrong():
    assert 1 == 2
"""


def drawn_by(test, seed=0):
    """What a test draws first from Python's own generator, which the plugin seeds by its id."""
    return random.Random(zlib.crc32(test.encode()) + seed).random()


@pytest.fixture
def folder(tmp_path):
    """A suite of three tests, which pass on any array library."""
    package = tmp_path / "array_api_tests"
    package.mkdir()
    (tmp_path / "array-api" / "src" / "array_api_stubs").mkdir(parents=True)
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (package / "__init__.py").write_text(PACKAGE)
    drawn = drawn_by("array_api_tests/test_few.py::test_seeded")
    (package / "test_few.py").write_text(TESTS.replace("DRAWN", repr(drawn)))
    return tmp_path


@pytest.fixture
def exceptions(tmp_path, monkeypatch):
    """Writes a file of exceptions in place of the runner's own."""
    path = tmp_path / "exceptions.txt"
    path.write_text("# none\n")
    monkeypatch.setattr(runner, "exceptions_of", lambda backend, recording: path)
    return path


def options(**changes):
    values = {
        **{"backend": "numpy", "module": "", "recording": "off", "max_examples": 1, "seed": 0},
        **{"report": None, "pytest_arguments": []},
    }
    return argparse.Namespace(**{**values, **changes})


def wrong(folder):
    (folder / "array_api_tests" / "test_wrong.py").write_text(ALWAYS_WRONG)


def last_line(capfd):
    return capfd.readouterr().out.strip().splitlines()[-1]


@pytest.mark.usefixtures("exceptions")
def test_all_pass(folder, capfd):
    assert runner.run_all(folder, options()) == 0
    assert last_line(capfd) == "3 passed, 0 failed, 0 skipped, 0 xfailed"


@pytest.mark.usefixtures("exceptions")
def test_a_failure_is_counted_by_chapter_and_named(folder, capfd):
    wrong(folder)
    assert runner.run_all(folder, options()) == 1
    out = capfd.readouterr().out
    assert out.strip().endswith("3 passed, 1 failed, 0 skipped, 0 xfailed")
    assert "test_few    3 passed" in out
    assert "test_wrong  1 failed" in out
    assert "fails: array_api_tests/test_wrong.py::test_wrong" in out


@pytest.mark.usefixtures("exceptions")
def test_breaking_one_function_is_noticed(folder, tmp_path, monkeypatch):
    broken = "import minidiff.array_api as xp\nfrom minidiff.array_api import *\n"
    broken += "ones, zeros, sum = xp.ones, xp.zeros, xp.sum\nsin = xp.cos\n"
    (tmp_path / "broken_space.py").write_text(broken)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert runner.run_all(folder, options(module="broken_space")) == 1


def test_an_expected_failure_is_no_failure(folder, exceptions, capfd):
    wrong(folder)
    exceptions.write_text("array_api_tests/test_wrong.py::test_wrong  # reason; https://x.org\n")
    assert runner.run_all(folder, options()) == 0
    assert last_line(capfd) == "3 passed, 0 failed, 0 skipped, 1 xfailed"


def test_an_exception_that_passes_is_a_failure(folder, exceptions):
    exceptions.write_text("array_api_tests/test_few.py::test_sin  # reason; https://x.org\n")
    assert runner.run_all(folder, options()) == 1


def test_an_exception_that_does_not_exist_is_a_failure(folder, exceptions, capfd):
    exceptions.write_text("array_api_tests/test_few.py::test_cos  # reason; https://x.org\n")
    assert runner.run_all(folder, options()) == 1
    assert "does not exist: array_api_tests/test_few.py::test_cos" in capfd.readouterr().out


def test_an_exception_needs_a_reason_and_a_link(folder, exceptions):
    exceptions.write_text("array_api_tests/test_few.py::test_sin  # it fails\n")
    with pytest.raises(runner.SuiteError):
        runner.run_all(folder, options())


@pytest.mark.usefixtures("exceptions")
def test_nothing_ran(folder):
    with pytest.raises(runner.SuiteError, match=r"did not run|nothing ran"):
        runner.run_all(folder, options(pytest_arguments=["-k", "no_such_test"]))


@pytest.mark.usefixtures("exceptions")
def test_recording_is_proved(folder, capfd):
    """On: operations take numbers of the tape. A namespace that records nothing is found out."""
    assert runner.run_all(folder, options(recording="both")) == 0
    out = capfd.readouterr().out
    assert "recording off: " in out
    assert ", 0 operations recorded" in out
    assert "0 more failures" in out
    run = runner.Run("silent", {"test": "passed"}, recorded=0)
    assert runner.problems_of(run, True, None) == [
        "nothing was recorded, although every array should be"
    ]


@pytest.mark.usefixtures("exceptions")
def test_over_another_library_what_it_fails_itself_is_not_counted(folder, capfd):
    wrong(folder)
    assert runner.run_all(folder, options(backend="strict")) == 0
    out = capfd.readouterr().out
    assert "fails in the bare library too: 1; there alone: 0" in out
    assert out.strip().endswith("3 passed, 0 failed, 0 skipped, 0 xfailed")
    bare = runner.Run("bare", {"a": "failed", "b": "passed"})
    run = runner.Run("wrapped", {"a": "failed", "b": "failed"})
    assert runner.problems_of(run, False, bare) == ["fails: b"]


@pytest.mark.usefixtures("exceptions")
def test_the_report(folder, tmp_path):
    assert runner.run_all(folder, options(report=str(tmp_path / "reports"))) == 0
    (report,) = (tmp_path / "reports").iterdir()
    text = report.read_text("utf-8")
    assert "1 examples, seed 0" in text
    assert "test_few  3 passed" in text


def test_the_suite_is_looked_for(folder, tmp_path, monkeypatch):
    assert suite.find_suite(str(folder)) == folder.resolve()
    monkeypatch.setenv("ARRAY_API_TESTS", str(folder))
    assert suite.find_suite(None) == folder.resolve()
    with pytest.raises(suite.NoSuiteError, match="no checkout of the suite"):
        suite.find_suite(str(tmp_path / "elsewhere"))
    monkeypatch.delenv("ARRAY_API_TESTS")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(suite.NoSuiteError, match="neither ARRAY_API_TESTS"):
        suite.find_suite(None, may_clone=False)


def test_the_list_for_numpy_is_empty_and_the_recording_one_short():
    import conformance_plugin

    assert conformance_plugin.listed(str(CONFORMANCE / "exceptions" / "numpy.txt")) == {}
    allowed = conformance_plugin.listed(str(CONFORMANCE / "exceptions" / "numpy-recording.txt"))
    assert len(allowed) <= 3
    assert all("test_dlpack.py" in test for test in allowed)
