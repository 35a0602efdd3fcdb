"""A pytest plugin in the suite's process: seeds, expected failures, and a record of outcomes.

What it is to do comes in environment variables, since the suite's own options are its own:
CONFORMANCE_SEED, CONFORMANCE_EXCEPTIONS (a file) and CONFORMANCE_OUTCOMES (where to write).
"""

import json
import os
import random
import zlib
from pathlib import Path

import pytest

OUTCOMES: dict[str, str] = {}
UNKNOWN: list[str] = []


def listed(path: str) -> dict[str, str]:
    """The expected failures of a file, by test id, each with its reason."""
    found = {}
    for line in Path(path).read_text("utf-8").splitlines():
        test, _, reason = line.partition("  # ")
        if test.strip() and not test.startswith("#"):
            found[test.strip()] = reason.strip()
            if "http" not in reason:
                raise pytest.UsageError(f"{path}: {test} stands without a reason and a link")
    return found


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    path = os.environ.get("CONFORMANCE_EXCEPTIONS")
    expected = listed(path) if path else {}
    for item in items:
        if item.nodeid in expected:
            reason = expected.pop(item.nodeid)
            item.add_marker(pytest.mark.xfail(reason=reason, strict=True))
    UNKNOWN.extend(expected)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    # Some tests draw with the global generator, whatever Hypothesis' seed is.
    random.seed(zlib.crc32(item.nodeid.encode()) + int(os.environ.get("CONFORMANCE_SEED", "0")))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" or report.outcome != "passed":
        kind = report.outcome
        if hasattr(report, "wasxfail"):
            kind = "xfailed" if report.skipped else "xpassed"
        if OUTCOMES.get(report.nodeid) != "failed":
            OUTCOMES[report.nodeid] = kind


def pytest_sessionfinish() -> None:
    path = os.environ.get("CONFORMANCE_OUTCOMES")
    if path:
        found = {"outcomes": OUTCOMES, "unknown": UNKNOWN, "recorded": recorded()}
        Path(path).write_text(json.dumps(found), "utf-8")


def recorded() -> int:
    """How many operations the tape has recorded in this process; each takes a number."""
    try:
        from minidiff.core.graph import next_number
    except ImportError:  # of a bare library, where minidiff need not be
        return 0
    return next_number()
