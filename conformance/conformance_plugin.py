"""A pytest plugin in the suite's process: seeds, expected failures, and a record of outcomes.

What it is to do comes in environment variables, since the suite's own options are its own:
CONFORMANCE_SEED, CONFORMANCE_EXCEPTIONS (a file), CONFORMANCE_OUTCOMES (where to write) and
CONFORMANCE_COMPARED (whether this run is held against another, of the same examples).
"""

import json
import os
import random
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest

OUTCOMES: dict[str, str] = {}
SKIPPED: dict[str, str] = {}
UNKNOWN: list[str] = []


def listed(path: str) -> dict[str, str]:
    """The expected failures of a file, by test id, each with its reason."""
    found = {}
    for line in Path(path).read_text("utf-8").splitlines():
        test, _, reason = line.partition("  # ")
        if test.strip() and not test.startswith("#"):
            found[test.strip()] = reason.strip()
            words, _, link = reason.rpartition("; ")
            if not words.strip() or not link.startswith("https://"):
                raise pytest.UsageError(f"{path}: {test} stands without a reason and a link")
    return found


# Last, since the suite makes its own settings the default.
@pytest.hookimpl(trylast=True)
def pytest_configure() -> None:
    if os.environ.get("CONFORMANCE_COMPARED") == "True":
        from hypothesis import Phase, settings
        from hypothesis.internal.conjecture import providers

        # Hypothesis draws numbers that it reads in the source of local modules as well. Those of
        # the two runs differ, and so would what is drawn. (It has no setting for that.)
        assert hasattr(providers, "is_local_module_file"), "Hypothesis has another name for it"
        providers.is_local_module_file = lambda path: False
        phases = (Phase.explicit, Phase.generate, Phase.target)
        settings.register_profile("conformance", settings.default, phases=phases)
        settings.load_profile("conformance")


# First, so that a test that -k leaves out still exists.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    path = os.environ.get("CONFORMANCE_EXCEPTIONS")
    expected = listed(path) if path else {}
    for item in items:
        if item.nodeid in expected:
            reason = expected.pop(item.nodeid)
            # Not strict: pytest would call an unexpected pass a failure, and it has its own name.
            item.add_marker(pytest.mark.xfail(reason=reason, strict=False))
    # All of the suite, and not a file or a test that the user asked for.
    if [one.rstrip("/") for one in config.args] == ["array_api_tests"]:
        UNKNOWN.extend(expected)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Seed a test by its id, so that no two tests draw alike: under one seed all did."""
    number = zlib.crc32(item.nodeid.encode()) + int(os.environ.get("CONFORMANCE_SEED", "0"))
    random.seed(number)  # some tests draw with Python's own generator
    function = getattr(item, "obj", None)
    function = getattr(function, "__func__", function)  # of a method
    if getattr(function, "is_hypothesis_test", False):
        import hypothesis

        hypothesis.seed(number)(function)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note how a test ended; one that breaks before or after its call counts as failed."""
    if report.when == "call" or report.outcome != "passed":
        kind = report.outcome
        if hasattr(report, "wasxfail"):
            kind = "xfailed" if report.skipped else "xpassed"
        elif report.skipped:
            SKIPPED[report.nodeid] = reason_of(report)
        if OUTCOMES.get(report.nodeid) != "failed":
            OUTCOMES[report.nodeid] = kind


def reason_of(report: pytest.TestReport) -> str:
    where = report.longrepr  # (file, line, reason)
    return str(where[2]) if isinstance(where, tuple) else str(where)


def pytest_sessionfinish() -> None:
    path = os.environ.get("CONFORMANCE_OUTCOMES")
    if path:
        found = {"outcomes": OUTCOMES, "skipped": SKIPPED, "unknown": UNKNOWN, "tape": tape()}
        Path(path).write_text(json.dumps(found), "utf-8")


def tape() -> dict[str, Any]:
    """What the tape did in this process. Each operation takes a number.

    So did each array that was created with a history; those are no operations of the suite's.
    """
    graph = sys.modules.get("minidiff.core.graph")
    shim = sys.modules.get("conformance_recording")
    found: dict[str, Any] = {"created": 0, "recorded": {}, "lost": {}, "unseen": []}
    if shim:
        tally = shim.TALLY
        unseen = sorted(tally.differentiable - set(tally.recorded))
        found = {"created": tally.created, "recorded": tally.recorded, "lost": tally.lost}
        found["unseen"] = unseen
    found["operations"] = graph.next_number() - found["created"] if graph else 0
    return found
