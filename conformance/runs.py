"""One run of the suite: started in a process of its own, judged, and shown as text."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from suite import VERSION

HERE = Path(__file__).resolve().parent
KINDS = ("passed", "failed", "skipped", "xfailed")


class SuiteError(Exception):
    """The suite did not run."""


@dataclass
class Options:
    """How the suite is run, on whatever namespace."""

    suite: Path
    max_examples: int = 30
    seed: int = 0
    skip_dtypes: list[str] = field(default_factory=list)
    pytest_arguments: list[str] = field(default_factory=list)


@dataclass
class Run:
    """How each test ended, and what the tape did meanwhile (see conformance_plugin.tape)."""

    title: str
    outcomes: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    tape: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    def ended(self, *kinds: str) -> set[str]:
        return {test for test, kind in self.outcomes.items() if kind in kinds}

    @property
    def failing(self) -> set[str]:
        return self.ended("failed")

    def unseen(self) -> list[str]:
        """The differentiable functions that were tested, but never on an array with a history."""
        tests, lost = " ".join(self.outcomes), self.tape["lost"]
        return [n for n in self.tape["unseen"] if f"test_{n}" in tests and n not in lost]

    def take(self, other: "Run") -> None:
        """Add what a further run of some of the tests has shown."""
        worse = {
            test: kind for test, kind in other.outcomes.items() if kind in ("failed", "xpassed")
        }
        self.outcomes |= worse
        for count in ("created", "operations"):
            self.tape[count] += other.tape[count]
        for names in ("recorded", "lost"):
            self.tape[names] = dict(Counter(self.tape[names]) + Counter(other.tape[names]))
        self.tape["unseen"] = [one for one in self.tape["unseen"] if one in other.tape["unseen"]]


def run_suite(
    title: str, code: str, exceptions: Path | None, options: Options, *, compared: bool = False
) -> Run:
    """Run the suite from its own folder, so that the installed package is what it imports.

    `code` makes the namespace: an expression in the module conformance_spaces. Runs that are to be
    `compared` draw the same examples, and do not look for the smallest one that fails, which takes
    long where many are expected to fail.
    """
    # What could hide a failure is not taken over: lists in the suite's folder, variables.
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ARRAY_API_TESTS")}
    paths = [str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])]
    command = [sys.executable, "-m", "pytest", "-p", "conformance_plugin"]
    command += ["-p", "no:cacheprovider", "-q", "--no-header", "--tb=short"]
    command += ["--skips-file", os.devnull, "--xfails-file", os.devnull]
    command += ["--max-examples", str(options.max_examples)]
    # Without a deadline: a busy machine is no failure. The seed is for strategies' .example(), and
    # keeps Hypothesis from its database of failures; the plugin seeds the tests themselves.
    command += ["--hypothesis-seed", str(options.seed), "--disable-deadline"]
    command += options.pytest_arguments
    if not any(one.startswith("array_api_tests") for one in options.pytest_arguments):
        command.append("array_api_tests")
    with tempfile.TemporaryDirectory() as scratch:
        outcomes = Path(scratch) / "outcomes.json"
        environment = kept | {
            "ARRAY_API_TESTS_MODULE": f"exec('import conformance_spaces; xp = {code}')",
            "ARRAY_API_TESTS_VERSION": VERSION,
            "ARRAY_API_TESTS_SKIP_DTYPES": ",".join(options.skip_dtypes),
            "CONFORMANCE_OUTCOMES": str(outcomes),
            "CONFORMANCE_SEED": str(options.seed),
            "CONFORMANCE_EXCEPTIONS": str(exceptions or ""),
            "CONFORMANCE_COMPARED": str(compared),
            "PYTHONPATH": os.pathsep.join(paths),
        }
        print(f"== {title}", flush=True)
        start = time.perf_counter()
        status = subprocess.run(command, cwd=options.suite, env=environment).returncode
        seconds = time.perf_counter() - start
        if status not in (0, 1) or not outcomes.is_file():
            raise SuiteError(f"the suite did not run: pytest ended with status {status}")
        run = Run(title, **json.loads(outcomes.read_text("utf-8")), seconds=seconds)
    if run.ended("skipped") == set(run.outcomes):
        raise SuiteError("nothing ran: no test was collected, or all were skipped")
    return run


def exceptions_of(backend: str, recording: bool) -> Path | None:
    """The file of expected failures, if there is one."""
    path = HERE / "exceptions" / f"{backend}{'-recording' if recording else ''}.txt"
    return path if path.is_file() else None


def counts(run: Run, bare: Run | None = None) -> Counter[str]:
    """How many tests ended how: KINDS.

    Passing against the list of expected failures is failing, and what the bare library fails too is
    an expected failure.
    """
    found = Counter(run.outcomes.values())
    shared = len(run.failing & bare.failing) if bare else 0
    failed = found["failed"] + found["xpassed"] - shared
    return Counter(found | {"failed": failed, "xfailed": found["xfailed"] + shared})


def problems_of(run: Run, recording: bool, bare: Run | None, *, whole: bool = True) -> list[str]:
    """What makes a run fail, in words; `whole`: all of the suite was asked for."""
    failing = run.failing - (bare.failing if bare else set())
    problems = [f"fails: {test}" for test in sorted(failing)]
    problems += [f"listed as an exception, but passes: {t}" for t in sorted(run.ended("xpassed"))]
    problems += [f"listed as an exception, but does not exist: {test}" for test in run.unknown]
    if recording:
        tape = run.tape
        problems += [f"lost history {n} times: {name}" for name, n in sorted(tape["lost"].items())]
        if not (tape["created"] and tape["operations"] and tape["recorded"]):
            problems.append("nothing was recorded, although every operation should be")
        elif whole:
            names = sorted(set(run.unseen()) - set(hidden(run, bare)))
            problems += [f"never given an array with a history: {name}" for name in names]
    return problems


def show(run: Run, problems: list[str], bare: Run | None) -> str:
    """A run as text: chapters, what was skipped, the difference to the bare library, problems."""
    lines = [f"{run.title}: {run.seconds:.0f} s", *chapters(run)]
    tape = run.tape
    if tape["created"]:
        lines.append(
            f"  the tape: {tape['created']} arrays with a history, {tape['operations']} operations "
            f"recorded, of {len(tape['recorded'])} functions"
        )
        lines.append(f"  differentiable functions without a test: {few(untested(run))}")
        if names := hidden(run, bare):
            lines.append(f"  hidden by what the bare library fails: {few(names)}")
    for reason, n in sorted(Counter(run.skipped.values()).items()):
        lines.append(f"  skipped, {n}: {reason}")
    if bare is not None:
        alone = sorted(bare.failing - run.failing)
        lines.append(f"  fails in the bare library too: {len(run.failing & bare.failing)}")
        lines.append(f"  fails in the bare library alone: {len(alone)}")
        lines += [f"    {test}" for test in alone]
        lines.append(f"  fails with minidiff alone: {len(run.failing - bare.failing)}")
    return "\n".join([*lines, *(f"  {problem}" for problem in problems)])


def hidden(run: Run, bare: Run | None) -> list[str]:
    """The functions that never got an array with a history where the bare library fails too."""
    shared = " ".join(run.failing & bare.failing) if bare else ""
    return [name for name in run.unseen() if re.search(rf"test_{name}(?![a-z0-9_])", shared)]


def untested(run: Run) -> list[str]:
    """Differentiable functions that were not recorded because nothing calls them."""
    return [name for name in run.tape["unseen"] if name not in run.unseen()]


def few(names: list[str]) -> str:
    return ", ".join(names) or "none" if len(names) < 30 else f"{len(names)}"


def chapters(run: Run) -> list[str]:
    """A line for each file of the suite."""
    files: dict[str, Counter[str]] = {}
    for test, kind in run.outcomes.items():
        name = test.partition("::")[0].rpartition("/")[2].removesuffix(".py")
        files.setdefault(name, Counter())[kind] += 1
    width = max(map(len, files))
    return [
        f"  {name:{width}}  " + ", ".join(f"{n} {kind}" for kind, n in sorted(found.items()))
        for name, found in sorted(files.items())
    ]
