"""The runner of the official suite, on a suite of a few tests: what it counts, what it refuses."""

import math
import random
import re
import sys
import textwrap
import zlib
from pathlib import Path

import array_api_strict
import pytest

import minidiff.array_api as xp
import numpy as np

CONFORMANCE = Path(__file__).resolve().parents[2] / "conformance"
sys.path.append(str(CONFORMANCE))

import conformance_plugin  # noqa: E402
import conformance_spaces  # noqa: E402
import run as runner  # noqa: E402  # conformance/run.py
import runs  # noqa: E402
import suite  # noqa: E402

CONFTEST = """
def pytest_addoption(parser):
    for option in ("--max-examples", "--skips-file", "--xfails-file", "--hypothesis-seed"):
        parser.addoption(option)
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

import pytest

from array_api_tests import xp


def test_sum():
    assert float(xp.sum(xp.ones(3))) == 3.0


def test_sin():
    assert float(xp.sin(xp.zeros(()))) == 0.0


@pytest.mark.skip(reason="too slow")
def test_slow():
    raise AssertionError


def test_seeded():
    assert random.random() == DRAWN
"""

WRONG = """
def test_wrong():
    assert 1 == 2
"""

BROKEN_FIXTURE = """
import pytest


@pytest.fixture
def broken():
    raise OSError


def test_unready(broken):
    pass
"""

FEW = "array_api_tests/test_few.py"
THERE = "  # reason; https://x.org\n"


def drawn_by(test, seed=0):
    """What a test draws first from Python's own generator, which the plugin seeds by its id."""
    return random.Random(zlib.crc32(test.encode()) + seed).random()


class Suite:
    """A folder like the suite's, and the runner on it."""

    def __init__(self, folder, exceptions):
        self.folder = folder
        self.exceptions = exceptions
        (folder / "array-api" / "src" / "array_api_stubs").mkdir(parents=True)
        (folder / "array_api_tests").mkdir()
        (folder / "conftest.py").write_text(CONFTEST)
        (folder / "pytest.ini").write_text("[pytest]\n")
        self.add("__init__", PACKAGE)
        self.add("test_few", TESTS.replace("DRAWN", repr(drawn_by(f"{FEW}::test_seeded"))))

    def add(self, name, text):
        (self.folder / "array_api_tests" / f"{name}.py").write_text(text)

    def run(self, backend="numpy", module="", recording="off", **options):
        """The status and the report."""
        given = runs.Options(self.folder, max_examples=1, **options)
        texts, status = runner.run_all(given, backend, module, recording)
        return status, "\n".join(texts)


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """A suite of four tests, one of them skipped; and a list of exceptions in place of our own."""
    path = tmp_path / "exceptions.txt"
    path.write_text("# none\n")
    monkeypatch.setattr(runner, "exceptions_of", lambda backend, recording: path)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # Hypothesis takes long to load
    return Suite(tmp_path, path)


def test_all_pass(fake):
    status, text = fake.run()
    assert status == 0
    assert text.endswith("\n3 passed, 0 failed, 1 skipped, 0 xfailed")
    assert "skipped, 1: Skipped: too slow" in text


def test_a_failure_is_counted_by_chapter_and_named(fake):
    fake.add("test_wrong", WRONG)
    fake.add("test_unready", BROKEN_FIXTURE)
    status, text = fake.run()
    assert status == 1
    assert text.endswith("\n3 passed, 2 failed, 1 skipped, 0 xfailed")
    assert "test_few      3 passed, 1 skipped\n" in text
    assert "test_wrong    1 failed\n" in text
    assert "fails: array_api_tests/test_wrong.py::test_wrong" in text
    assert "fails: array_api_tests/test_unready.py::test_unready" in text


def test_one_broken_function_is_a_failure(fake, tmp_path, monkeypatch):
    """sin is cos, in a namespace that is minidiff's otherwise."""
    broken = "import minidiff.array_api as xp\n\nsin = xp.cos\n"
    broken += "def __getattr__(name):\n    return getattr(xp, name)\n"
    (tmp_path / "broken_space.py").write_text(broken)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    status, text = fake.run(module="broken_space")
    assert status == 1
    assert f"fails: {FEW}::test_sin" in text
    assert "2 passed, 1 failed" in text


# ---- what could hide a failure


def test_an_expected_failure_is_no_failure(fake):
    fake.add("test_wrong", WRONG)
    fake.exceptions.write_text(f"array_api_tests/test_wrong.py::test_wrong{THERE}")
    status, text = fake.run()
    assert status == 0
    assert text.endswith("\n3 passed, 0 failed, 1 skipped, 1 xfailed")


def test_an_exception_that_passes_or_does_not_exist_is_a_failure(fake):
    fake.exceptions.write_text(f"{FEW}::test_sin{THERE}{FEW}::test_cos{THERE}")
    status, text = fake.run()
    assert status == 1
    assert f"listed as an exception, but passes: {FEW}::test_sin" in text
    assert f"listed as an exception, but does not exist: {FEW}::test_cos" in text
    assert text.endswith("\n2 passed, 1 failed, 1 skipped, 0 xfailed")


def test_an_exception_that_does_not_exist_suffices():
    run = runs.Run("", {"a": "passed"}, unknown=["b"])
    assert runs.problems_of(run, False, None) == ["listed as an exception, but does not exist: b"]


@pytest.mark.parametrize("some", [["-k", "sum"], [f"{FEW}::test_sum"]])
def test_an_exception_that_was_left_out_does_exist(fake, some):
    fake.exceptions.write_text(f"{FEW}::test_sin{THERE}")
    status, text = fake.run(pytest_arguments=some)
    assert status == 0
    assert text.endswith("\n1 passed, 0 failed, 0 skipped, 0 xfailed")


@pytest.mark.parametrize(
    "reason", ["", "  # it fails", "  # https://x.org", " # it; https://x.org"]
)
def test_an_exception_needs_a_reason_and_a_link(tmp_path, reason):
    path = tmp_path / "exceptions.txt"
    path.write_text(f"{FEW}::test_sin{reason}\n")
    with pytest.raises(pytest.UsageError, match="without a reason and a link"):
        conformance_plugin.listed(str(path))


@pytest.mark.parametrize("some", ["no_such_test", "slow"])
def test_nothing_ran(fake, some):
    with pytest.raises(runs.SuiteError, match=r"did not run|nothing ran"):
        fake.run(pytest_arguments=["-k", some])


def test_tests_that_cannot_be_collected(fake):
    fake.add("test_wrong", "import no_such_module\n")
    with pytest.raises(runs.SuiteError, match="did not run"):
        fake.run()


def test_the_suite_is_not_told_to_leave_anything_out(fake, monkeypatch):
    monkeypatch.setenv("ARRAY_API_TESTS_SKIP_DTYPES", "uint16")
    monkeypatch.setenv("ARRAY_API_TESTS_XFAIL_MARK", "skip")
    looks = "import os\n\n\ndef test_options(request):\n"
    looks += "    assert os.environ['ARRAY_API_TESTS_SKIP_DTYPES'] == SKIPPED\n"
    looks += "    assert 'ARRAY_API_TESTS_XFAIL_MARK' not in os.environ\n"
    looks += "    assert request.config.getoption('skips_file') == os.devnull\n"
    looks += "    assert request.config.getoption('xfails_file') == os.devnull\n"
    fake.add("test_options", looks.replace("SKIPPED", "''"))
    assert fake.run()[0] == 0


def test_dtypes_are_left_out_where_one_asks(fake):
    looks = "import os\n\n\ndef test_dtypes():\n"
    looks += "    assert os.environ['ARRAY_API_TESTS_SKIP_DTYPES'] == 'uint16,uint32'\n"
    fake.add("test_dtypes", looks)
    assert fake.run(skip_dtypes=["uint16", "uint32"])[0] == 0


# ---- recording


def test_recording_is_proved(fake):
    status, text = fake.run(recording="both")
    assert status == 0
    # ones and zeros make arrays with a history; sum and sin are the operations on them.
    assert "2 arrays with a history, 2 operations recorded, of 2 functions" in text
    assert text.count("with a history") == 1
    assert re.search(r"functions without a test: \d+\n", text)  # too many to be named
    assert "0 more failures" in text
    assert text.endswith("\n6 passed, 0 failed, 2 skipped, 0 xfailed")


def test_what_was_never_recorded_is_named():
    tape = {"created": 1, "operations": 1, "recorded": {"sin": 1}, "lost": {}, "unseen": ["cos"]}
    run = runs.Run("on", {"test_a.py::test_sin": "passed"}, tape=tape)
    assert runs.problems_of(run, True, None) == []
    assert "functions without a test: cos" in runs.show(run, [], None)
    run.outcomes["test_a.py::test_cos"] = "passed"  # on integers alone
    assert runs.problems_of(run, True, None) == ["never given an array with a history: cos"]
    assert runs.problems_of(run, True, None, whole=False) == []
    run.outcomes["test_a.py::test_cos"] = "failed"  # before it came to an array with a history
    bare = runs.Run("bare", dict(run.outcomes))
    assert runs.problems_of(run, True, bare) == []
    assert "hidden by what the bare library fails: cos" in runs.show(run, [], bare)
    run.outcomes["test_a.py::test_cosh"] = bare.outcomes["test_a.py::test_cosh"] = "failed"
    bare.outcomes["test_a.py::test_cos"] = "passed"
    assert "never given an array with a history: cos" in runs.problems_of(run, True, bare)


def test_a_function_that_was_given_integers_only_is_tried_again(fake, monkeypatch):
    """`cos` gets an array with a history under the last but one of the further seeds."""
    monkeypatch.setattr(runner, "MOST_DRAWS", 5)
    last = 1000 * (runner.MOST_DRAWS - 2)
    draws = "import os\n\nfrom array_api_tests import xp\n\n\ndef test_cos():\n"
    draws += f"    lucky = int(os.environ['CONFORMANCE_SEED']) >= {last}\n"
    draws += "    xp.cos(xp.ones(2) if lucky else xp.ones(2, dtype=xp.float64).detach())\n"
    fake.add("test_more", draws)
    status, text = fake.run(recording="on")
    assert status == 0
    assert "never given" not in text
    monkeypatch.setattr(runner, "MOST_DRAWS", runner.MOST_DRAWS - 2)
    status, text = fake.run(recording="on")
    assert status == 1
    assert "never given an array with a history: cos" in text


def test_recording_that_does_not_happen_is_noticed(fake):
    fake.add("test_few", "def test_nothing():\n    pass\n")
    status, text = fake.run(recording="on")
    assert status == 1
    assert "nothing was recorded" in text


def test_a_function_that_loses_history_is_noticed(fake, tmp_path, monkeypatch):
    forgets = "import minidiff.array_api as xp\n\n\ndef sin(x):\n    return xp.sin(x).detach()\n"
    forgets += "\n\nsin.rule = xp.sin.rule\n\n\ndef __dir__():\n    return dir(xp)\n"
    forgets += "\n\ndef __getattr__(name):\n    return getattr(xp, name)\n"
    (tmp_path / "forgetful_space.py").write_text(forgets)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    status, text = fake.run(module="forgetful_space", recording="on")
    assert status == 1
    assert "lost history 1 times: sin" in text
    assert "3 passed, 0 failed" in text


def test_what_only_recording_breaks_is_named(fake):
    looks = "from array_api_tests import xp\n\n\n"
    fake.add("test_off", looks + "def test_off():\n    assert not xp.ones(1).allow_grad\n")
    status, text = fake.run(recording="both")
    assert status == 1
    assert "1 more failures\n  array_api_tests/test_off.py::test_off\n" in text


# ---- other libraries


def test_over_another_library_the_difference_is_named_both_ways(fake):
    """Of the same examples: Hypothesis would draw from the source of local modules as well."""
    both = """
    import local
    from hypothesis.internal.conjecture import providers

    from array_api_tests import xp

    WRAPPED = "minidiff" in xp.__name__

    def test_only_wrapped():
        assert not WRAPPED

    def test_only_bare():
        assert WRAPPED

    def test_both():
        assert False

    def test_drawn_alike():
        assert len(providers._get_local_constants()) == 0
    """
    there = "number = 123.456\n"  # in a local module, outside folders for tests
    (fake.folder / "local.py").write_text(there)
    fake.add("test_whose", textwrap.dedent(both))
    status, text = fake.run(backend="strict")
    assert status == 1
    assert "fails in the bare library too: 1\n" in text
    name = "array_api_tests/test_whose.py::test_only"
    assert f"fails in the bare library alone: 1\n    {name}_bare\n" in text
    assert f"fails with minidiff alone: 1\n  fails: {name}_wrapped\n" in text
    assert text.endswith("\n5 passed, 1 failed, 1 skipped, 1 xfailed")


def test_what_another_library_fails_itself_is_expected():
    """Yet an exception that passes is none, whatever the library does."""
    bare = runs.Run("bare", {"a": "failed", "b": "failed", "c": "failed"})
    run = runs.Run("wrapped", {"a": "failed", "b": "passed", "c": "passed"})
    assert runs.problems_of(run, False, bare) == []
    assert runs.counts(run, bare) == {"passed": 2, "failed": 0, "xfailed": 1}
    run.outcomes["c"] = "xpassed"
    assert runs.problems_of(run, False, bare) == ["listed as an exception, but passes: c"]
    assert runs.counts(run, bare)["failed"] == 1


# ---- the suite, the lists, the report


def test_the_report(fake, tmp_path):
    options = runs.Options(tmp_path, max_examples=7, seed=3)
    path = runner.write_report(tmp_path / "reports", ["figures"], options, "strict")
    text = path.read_text("utf-8")
    assert path.name.endswith("-strict.md")
    assert "7 examples, seed 3" in text
    assert "array-api-strict 2." in text
    assert "figures" in text


def test_the_suite_is_looked_for(fake, tmp_path, monkeypatch):
    assert suite.find_suite(str(tmp_path)) == tmp_path.resolve()
    monkeypatch.setenv("ARRAY_API_TESTS", str(tmp_path))
    assert suite.find_suite(None) == tmp_path.resolve()
    with pytest.raises(suite.NoSuiteError, match="no checkout of the suite"):
        suite.find_suite(str(tmp_path / "elsewhere"))
    monkeypatch.delenv("ARRAY_API_TESTS")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(suite.NoSuiteError, match="neither ARRAY_API_TESTS"):
        suite.find_suite(None, may_clone=False)


def test_no_suite_is_status_two(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["run.py", "--suite", str(tmp_path)])
    monkeypatch.setattr(runner, "NEEDED", ("pytest",))
    assert runner.main() == 2
    assert "no checkout of the suite" in capsys.readouterr().err


@pytest.mark.parametrize(
    "path", sorted((CONFORMANCE / "exceptions").glob("*.txt")), ids=lambda p: p.stem
)
def test_the_lists_allow_export_of_tracked_tensors_alone(path):
    """Not one test of any backend, recording off; at most the suite's three of DLPack, on."""
    allowed = conformance_plugin.listed(str(path))
    assert len(allowed) <= (3 if path.stem.endswith("-recording") else 0)
    assert all("test_dlpack.py" in test for test in allowed)


def test_on_cuda_only_what_names_no_array_goes_there():
    seen = []

    def create(*args, device=None):
        seen.append(device)

    on_cuda = conformance_spaces.with_device(create)
    on_cuda(3)
    on_cuda(3, device="cpu")
    on_cuda(xp.ones(2))
    assert seen == ["cuda", "cpu", None]


def test_each_test_draws_other_examples(fake, monkeypatch):
    """With one seed for all, whole chapters saw integers only."""
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    conftest = CONFTEST.replace(', "--hypothesis-seed"', "")
    (fake.folder / "conftest.py").write_text(conftest)
    drawing = """
    from hypothesis import given, settings, strategies

    FIRST = []

    @settings(max_examples=5)
    @given(strategies.floats())
    def test_one(x):
        FIRST.append(x)

    class TestOther:
        @settings(max_examples=5)
        @given(strategies.floats())
        def test_other(self, x):
            FIRST.append(x)

    def test_they_differ():
        assert len(FIRST) == 10
        assert str(FIRST[:5]) != str(FIRST[5:])
        with open("drawn", "a") as file:
            print(FIRST, file=file)
    """
    fake.add("test_drawing", textwrap.dedent(drawing))
    for seed in (1, 1, 2):
        assert fake.run(seed=seed, pytest_arguments=["-k", "drawing"])[0] == 0
    first, again, other = (fake.folder / "drawn").read_text().splitlines()
    assert first == again != other


@pytest.mark.parametrize("backend", ["numpy", "strict"])
def test_the_spaces(backend):
    bare = conformance_spaces.space(backend, bare=True)
    over = conformance_spaces.space(backend)
    on = conformance_spaces.space(backend, recording=True)
    array_api_strict.reset_array_api_strict_flags()
    assert "minidiff" not in bare.__name__
    assert "minidiff" in over.__name__
    assert not over.ones(1).allow_grad
    assert on.ones(1).allow_grad
    assert not on.ones(1, dtype=on.int64).allow_grad
    x = on.asarray([1.0, 2.0])
    assert on.asarray(x, copy=False) is x or on.asarray(x, copy=False).op_node is x.op_node
    # No bit is changed.
    odd = on.asarray([complex(math.inf, 0.0), complex(-0.0, math.nan)])
    np.testing.assert_array_equal(odd.as_numpy().view(float), [math.inf, 0.0, -0.0, math.nan])
    assert math.copysign(1.0, float(on.real(odd[1]))) == -1.0
