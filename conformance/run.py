"""Run the official test suite of the array API standard on minidiff.

    python conformance/run.py [--backend NAME | --module NAME] [--recording off|on|both]
        [--suite FOLDER] [--max-examples N] [--seed N] [--report FOLDER] [-- ARGUMENTS FOR PYTEST]

The suite is data-apis/array-api-tests at one pinned commit. It is looked for in `--suite`, then in
the folder that ARRAY_API_TESTS names, then in the user's cache; if it is in none of them it is
cloned into the cache. The last line is `N passed, N failed, N skipped, N xfailed`.

Over a library other than NumPy the bare library runs in the same session with the same seed, and
what counts as failed is what fails with minidiff alone.

Exit status: 0 if nothing failed, 1 if something did, 2 if the suite could not be had or run.
"""

import argparse
import datetime
import importlib.metadata
import importlib.util
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from suite import COMMIT, VERSION, NoSuiteError, commit_of, find_suite

HERE = Path(__file__).resolve().parent
NEEDED = ("pytest", "pytest_jsonreport", "hypothesis", "ndindex", "minidiff")
NEEDED_BY = {"strict": ["array_api_strict"], "torch": ["torch"], "cupy": ["cupy"]}
KINDS = ("passed", "failed", "skipped", "xfailed")


@dataclass
class Run:
    """One run of the suite: on what, and how each test ended."""

    title: str
    outcomes: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    recorded: int = 0
    seconds: float = 0.0

    @property
    def counts(self) -> dict[str, int]:
        """How many ended how. Passing against the list of expected failures is failing."""
        found = Counter(self.outcomes.values())
        failed = found["failed"] + found["error"] + found["xpassed"]
        return {kind: failed if kind == "failed" else found[kind] for kind in KINDS}

    @property
    def failing(self) -> set[str]:
        return {test for test, kind in self.outcomes.items() if kind in ("failed", "xpassed")}

    def chapters(self) -> list[str]:
        """A line for each file of the suite."""
        files: dict[str, Counter[str]] = {}
        for test, kind in self.outcomes.items():
            name = test.partition("::")[0].rpartition("/")[2].removesuffix(".py")
            files.setdefault(name, Counter())[kind] += 1
        width = max(map(len, files), default=0)
        return [
            f"  {name:{width}}  " + ", ".join(f"{n} {kind}" for kind, n in sorted(counts.items()))
            for name, counts in sorted(files.items())
        ]


class SuiteError(Exception):
    """The suite did not run."""


def run_suite(
    title: str,
    code: str,
    exceptions: Path | None,
    folder: Path,
    options: argparse.Namespace,
    *,
    some: bool = False,
) -> Run:
    """Run the suite from its own folder, so that the installed package is what it imports.

    `code` makes the namespace: an expression in the module conformance_spaces. With `some`, a few
    tests are run, and all of them may fail.
    """
    with tempfile.TemporaryDirectory() as scratch:
        outcomes = Path(scratch) / "outcomes.json"
        paths = [str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = os.environ | {
            "ARRAY_API_TESTS_MODULE": f"exec('import conformance_spaces; xp = {code}')",
            "ARRAY_API_TESTS_VERSION": VERSION,
            "CONFORMANCE_OUTCOMES": str(outcomes),
            "CONFORMANCE_SEED": str(options.seed),
            "CONFORMANCE_EXCEPTIONS": str(exceptions or ""),
            "PYTHONPATH": os.pathsep.join(paths),
        }
        command = [sys.executable, "-m", "pytest", "-p", "conformance_plugin"]
        command += ["-p", "no:cacheprovider", "-q", "--no-header", "--tb=short"]
        command += ["--max-examples", str(options.max_examples)]
        command += ["--hypothesis-seed", str(options.seed), "--disable-deadline"]
        command += options.pytest_arguments or []
        if not any(one.startswith("array_api_tests") for one in options.pytest_arguments):
            command.append("array_api_tests")
        print(f"== {title}", flush=True)
        start = time.perf_counter()
        status = subprocess.run(command, cwd=folder, env=environment).returncode
        seconds = time.perf_counter() - start
        if status not in (0, 1) or not outcomes.is_file():
            raise SuiteError(f"the suite did not run: pytest ended with status {status}")
        found = json.loads(outcomes.read_text("utf-8"))
    run = Run(title, found["outcomes"], found["unknown"], found["recorded"], seconds)
    if not run.counts["passed"] and not some:
        raise SuiteError("no test passed: nothing ran")
    return run


def exceptions_of(backend: str, recording: bool) -> Path | None:
    """The file of expected failures, if there is one."""
    path = HERE / "exceptions" / f"{backend}{'-recording' if recording else ''}.txt"
    return path if path.is_file() else None


def flaky(code: str, tests: set[str], folder: Path, options: argparse.Namespace) -> set[str]:
    """Which of some tests the bare library fails with other random numbers.

    A few tests of special cases draw a single example, and not the same one in every process.
    """
    found: set[str] = set()
    for seed in range(1, 21):
        if found == tests:
            break
        chosen = {**vars(options), "seed": seed, "pytest_arguments": sorted(tests - found)}
        again = argparse.Namespace(**chosen)
        found |= run_suite(f"bare, seed {seed}", code, None, folder, again, some=True).failing
    return found


def problems_of(run: Run, recording: bool, bare: Run | None) -> list[str]:
    """What makes a run fail, in words."""
    failing = run.failing - (bare.failing if bare else set())
    problems = [f"fails: {test}" for test in sorted(failing)]
    problems += [f"is listed as an exception and does not exist: {test}" for test in run.unknown]
    if recording and not run.recorded:
        problems.append("nothing was recorded, although every array should be")
    return problems


def show(run: Run, problems: list[str], bare: Run | None) -> str:
    """A run as text: chapters, the difference to the bare library, problems."""
    lines = [f"{run.title}: {run.seconds:.0f} s, {run.recorded} operations recorded"]
    lines += run.chapters()
    if bare is not None:
        shared = len(run.failing & bare.failing)
        cured = sorted(bare.failing - run.failing)
        lines.append(f"  fails in the bare library too: {shared}; there alone: {len(cured)}")
        lines += [f"    {test}" for test in cured]
    lines += [f"  {problem}" for problem in problems]
    return "\n".join(lines)


def write_report(folder: Path, texts: list[str], options: argparse.Namespace, commit: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.datetime.now(datetime.UTC)
    versions = {name: importlib.metadata.version(name) for name in ("minidiff", "numpy")}
    head = [
        f"# Conformance, {now:%Y-%m-%d %H:%M} UTC",
        "",
        f"array-api-tests {commit[:10]}, standard {VERSION}; Python {platform.python_version()}, "
        + ", ".join(f"{name} {version}" for name, version in versions.items())
        + f"; {options.max_examples} examples, seed {options.seed}",
        "",
    ]
    path = folder / f"{now:%Y-%m-%d-%H%M%S}-{options.module or options.backend}.md"
    path.write_text("\n".join([*head, "```", *texts, "```", ""]), "utf-8")
    return path


def run_all(folder: Path, options: argparse.Namespace) -> int:
    """Every run that was asked for; the exit status."""
    backend, module = options.backend, options.module
    modes = {"off": [False], "on": [True], "both": [False, True]}[options.recording]
    name = module or backend
    bare = None
    bare_code = f'conformance_spaces.space("{backend}", bare=True)'
    if not module and backend not in ("numpy", "cupy"):
        bare = run_suite(f"bare {backend}", bare_code, None, folder, options)
    texts, all_problems, runs = [], [], []
    for recording in modes:
        code = f'conformance_spaces.space("{backend}", recording={recording}, module="{module}")'
        title = f"minidiff over {name}, recording {'on' if recording else 'off'}"
        exceptions = exceptions_of(backend, recording) if not module else None
        run = run_suite(title, code, exceptions, folder, options)
        if bare is not None and run.failing - bare.failing:
            found = flaky(bare_code, run.failing - bare.failing, folder, options)
            bare.outcomes.update(dict.fromkeys(found, "failed"))
        problems = problems_of(run, recording, bare)
        texts.append(show(run, problems, bare))
        all_problems += problems
        runs.append(run)
    if len(runs) == 2:
        off, on = runs
        harm = sorted(on.failing - off.failing)
        ratio = on.seconds / off.seconds
        texts.append(f"recording on: {ratio:.2f} times the time, {len(harm)} more failures")
    print("\n".join(texts))
    if options.report:
        report = write_report(Path(options.report), texts, options, commit_of(folder))
        print(f"Report: {report}")
    total = Counter[str]()
    for run in runs:
        total.update(run.counts)
    if bare is not None:  # what the bare library fails too is not minidiff's
        total["failed"] = len([one for one in all_problems if one.startswith("fails")])
    print(", ".join(f"{total[kind]} {kind}" for kind in KINDS))
    return 1 if all_problems else 0


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Run the official array API test suite on minidiff.",
        epilog="Arguments after -- go to pytest.",
    )
    parser.add_argument("--backend", choices=["numpy", "strict", "torch", "cupy"], default="numpy")
    parser.add_argument("--module", metavar="NAME", default="", help="a namespace, by its module")
    parser.add_argument("--recording", choices=["off", "on", "both"], default="off")
    parser.add_argument("--suite", metavar="FOLDER", help="a checkout of the suite")
    parser.add_argument("--max-examples", metavar="N", type=int, default=30)
    parser.add_argument("--seed", metavar="N", type=int, default=0)
    parser.add_argument("--report", metavar="FOLDER", help="where to write a dated report")
    parser.add_argument("pytest_arguments", metavar="ARGUMENT", nargs="*")
    options = parser.parse_args()

    needed = (*NEEDED, *NEEDED_BY.get(options.backend, []))
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    if missing:
        print(
            f"Not installed: {', '.join(missing)}. `nox -s conformance` installs all that the "
            "suite needs.",
            file=sys.stderr,
        )
        return 2
    try:
        folder = find_suite(options.suite)
        commit = commit_of(folder)
        if commit != COMMIT:
            print(f"Note: the suite is at commit {commit}, not at {COMMIT}.", flush=True)
        return run_all(folder, options)
    except (NoSuiteError, SuiteError) as error:
        print(f"The conformance suite cannot be run: {error}.", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
