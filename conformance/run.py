"""Run the official test suite of the array API standard on minidiff.

    python conformance/run.py [--backend NAME | --module NAME] [--recording off|on|both]
        [--suite FOLDER] [--max-examples N] [--seed N] [--skip-dtypes NAMES] [--report FOLDER]
        [-- ARGUMENTS FOR PYTEST]

The suite is data-apis/array-api-tests at one pinned commit. It is looked for in `--suite`, then in
the folder that ARRAY_API_TESTS names, then in the user's cache; if it is in none of them it is
cloned into the cache. The last line is `N passed, N failed, N skipped, N xfailed`.

Over a library other than NumPy the bare library runs in the same session on the same examples, and
what it fails itself counts as an expected failure.

Exit status: 0 if nothing failed, 1 if something did, 2 if the suite could not be had or run.
"""

import argparse
import datetime
import importlib.metadata
import importlib.util
import platform
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

from runs import (
    KINDS,
    Options,
    Run,
    SuiteError,
    counts,
    exceptions_of,
    problems_of,
    run_suite,
    show,
)
from suite import COMMIT, VERSION, NoSuiteError, commit_of, find_suite

NEEDED = ("pytest", "pytest_jsonreport", "hypothesis", "ndindex", "minidiff")
NEEDED_BY = {"strict": ["array_api_strict"], "torch": ["torch"], "cupy": ["cupy"]}
# How often the tests of a function are run until it is given a floating array: some of them draw
# one dtype for all their examples, and two times in three that is no floating one.
MOST_DRAWS = 20
DISTRIBUTIONS = {"strict": "array-api-strict", "torch": "torch", "cupy": "cupy-cuda12x"}


def run_all(options: Options, backend: str, module: str, recording: str) -> tuple[list[str], int]:
    """Every run that was asked for: paragraphs, the last of which has the counts; the status."""
    bare = beside = None
    if not module and backend in ("strict", "torch"):
        code = space(backend, bare=True)
        bare = run_suite(f"bare {backend}", code, None, options, compared=True)
        beside = (bare, code)
    texts, runs, total, failed = [], [], Counter[str](), False
    for on in {"off": [False], "on": [True], "both": [False, True]}[recording]:
        title = f"{module or f'minidiff over {backend}'}, recording {'on' if on else 'off'}"
        exceptions = exceptions_of(backend, on) if not module else None
        code = space(backend, recording=on, module=module)
        run = run_suite(title, code, exceptions, options, compared=bare is not None)
        if on and not options.pytest_arguments:
            draw_again(run, code, exceptions, options, beside)
        problems = problems_of(run, on, bare, whole=not options.pytest_arguments)
        texts.append(show(run, problems, bare))
        runs.append(run)
        total += counts(run, bare)
        failed = failed or bool(problems)
    if len(runs) == 2:
        texts.append(difference(*runs))
    texts.append(", ".join(f"{total[kind]} {kind}" for kind in KINDS))
    return texts, 1 if failed else 0


def draw_again(
    run: Run,
    code: str,
    exceptions: Path | None,
    options: Options,
    beside: tuple[Run, str] | None,
) -> None:
    """Run the tests of functions that were given integers only, with further seeds.

    The suite draws the dtypes, so a function can go without a floating array, and then nothing of
    it was recorded. The bare library `beside` is drawn again too. The time does not count as that
    of the run.
    """
    for further in range(1, MOST_DRAWS):
        names = run.unseen()
        if not names:
            return
        again = replace(
            options,
            seed=options.seed + 1000 * further,
            max_examples=10 * options.max_examples,
            pytest_arguments=["-k", " or ".join(f"test_{name}" for name in names)],
        )
        suffix, compared = f", drawn again for {len(names)} functions", beside is not None
        run.take(run_suite(run.title + suffix, code, exceptions, again, compared=compared))
        if beside is not None:
            bare, its_code = beside
            bare.take(run_suite(bare.title + suffix, its_code, None, again, compared=True))


def space(backend: str, **options: bool | str) -> str:
    """The call that makes the namespace, to be run in the suite's process."""
    # In double quotes: it stands inside exec('...').
    given = "".join(
        f', {name}="{value}"' if isinstance(value, str) else f", {name}={value}"
        for name, value in options.items()
    )
    return f'conformance_spaces.space("{backend}"{given})'


def difference(off: Run, on: Run) -> str:
    """The harm that recording does."""
    tests = sorted(on.failing - off.failing)
    first = (
        f"recording on: {on.seconds / off.seconds:.2f} times the time, {len(tests)} more failures"
    )
    return "\n".join([first, *(f"  {test}" for test in tests)])


def write_report(folder: Path, texts: list[str], options: Options, name: str) -> Path:
    """A dated file with the figures and what they depend on."""
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.datetime.now(datetime.UTC)
    packages = ["minidiff", "numpy", "array-api-compat", "hypothesis"]
    packages += [DISTRIBUTIONS[name]] if name in DISTRIBUTIONS else []
    versions = [f"{one} {importlib.metadata.version(one)}" for one in packages]
    head = f"""# Conformance of {name}, {now:%Y-%m-%d %H:%M} UTC

array-api-tests {commit_of(options.suite)}, standard {VERSION}

{options.max_examples} examples, seed {options.seed}; dtypes left out: {options.skip_dtypes};
further arguments for pytest: {options.pytest_arguments}

Python {platform.python_version()} on {platform.platform()}; {", ".join(versions)}
"""
    path = folder / f"{now:%Y-%m-%d-%H%M%S}-{name}.md"
    path.write_text("\n".join([head, "```", *texts, "```", ""]), "utf-8")
    return path


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Run the official array API test suite on minidiff.",
        epilog="Arguments after -- go to pytest.",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--backend", choices=["numpy", "strict", "torch", "cupy"], default="numpy")
    what.add_argument("--module", metavar="NAME", default="", help="a namespace, by its module")
    parser.add_argument("--recording", choices=["off", "on", "both"], default="off")
    parser.add_argument("--suite", metavar="FOLDER", help="a checkout of the suite")
    parser.add_argument("--max-examples", metavar="N", type=int, default=30)
    parser.add_argument("--seed", metavar="N", type=int, default=0)
    parser.add_argument(
        "--skip-dtypes",
        metavar="NAMES",
        default="",
        help="with commas; what a library cannot do hides what else it might fail",
    )
    parser.add_argument("--report", metavar="FOLDER", type=Path, help="for a dated report")
    parser.add_argument("pytest_arguments", metavar="ARGUMENT", nargs="*")
    return parser.parse_args()


def main() -> int:
    given = arguments()
    needed = (*NEEDED, *NEEDED_BY.get(given.backend, []))
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    if missing:
        print(
            f"Not installed: {', '.join(missing)}. `nox -s conformance` installs all that the "
            "suite needs.",
            file=sys.stderr,
        )
        return 2
    try:
        folder = find_suite(given.suite)
        commit = commit_of(folder)
        if commit != COMMIT:
            print(f"Note: the suite is at commit {commit}, not at {COMMIT}.", flush=True)
        skip = [name for name in given.skip_dtypes.split(",") if name]
        rest = given.pytest_arguments
        options = Options(folder, given.max_examples, given.seed, skip, rest)
        texts, status = run_all(options, given.backend, given.module, given.recording)
    except (NoSuiteError, SuiteError) as error:
        print(f"The conformance suite cannot be run: {error}.", file=sys.stderr)
        return 2
    if given.report:
        print(
            f"Report: {write_report(given.report, texts, options, given.module or given.backend)}"
        )
    print("\n".join(texts))
    return status


if __name__ == "__main__":
    sys.exit(main())
