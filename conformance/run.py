"""Run the official test suite of the array API standard on minidiff.array_api.

    python conformance/run.py [--suite FOLDER] [--max-examples N] [-- ARGUMENTS FOR PYTEST]

The suite is data-apis/array-api-tests at one pinned commit. It is looked for in `--suite`, then in
the folder that ARRAY_API_TESTS names, then in the user's cache; if it is in none of them it is
cloned into the cache. The last line is `N passed, N failed, N skipped, N xfailed`. Exit status: 0
if nothing failed, 1 if something did, 2 if the suite could not be had or could not be run.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = "https://github.com/data-apis/array-api-tests"
COMMIT = "55fcc60179efa2680ddd6cd926ddf17b83530e2b"
VERSION = "2025.12"
NEEDED = ("pytest", "pytest_jsonreport", "hypothesis", "ndindex", "minidiff")


class NoSuiteError(Exception):
    """The suite is not to be had; the message says where it was looked for."""


def cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "minidiff" / "array-api-tests"


def is_suite(folder: Path) -> bool:
    """Whether the suite is there with the standard's text, without which it collects nothing."""
    stubs = folder / "array-api" / "src" / "array_api_stubs"
    return (folder / "array_api_tests").is_dir() and stubs.is_dir()


def find_suite(asked: str | None) -> Path:
    """The suite's folder: asked for, named by the environment, cached, or newly cloned."""
    named = asked or os.environ.get("ARRAY_API_TESTS")
    if named:
        folder = Path(named).expanduser().resolve()
        if not is_suite(folder):
            raise NoSuiteError(
                f"{folder} is no checkout of the suite with its submodule array-api "
                "(git submodule update --init fetches it)"
            )
        return folder
    folder = cache_folder()
    if not is_suite(folder):
        clone(folder)
    return folder


def clone(folder: Path) -> None:
    """Clone the pinned commit and its submodule; nothing is left behind where that fails."""
    print(f"Cloning {REPOSITORY} at {COMMIT[:7]} into {folder}", flush=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists():
        raise NoSuiteError(f"{folder} holds something else than the suite; move it away")
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        new = Path(scratch) / "suite"
        try:
            git("clone", "--quiet", REPOSITORY, str(new))
            git("-C", str(new), "checkout", "--quiet", COMMIT)
            git("-C", str(new), "submodule", "--quiet", "update", "--init")
        except (OSError, subprocess.CalledProcessError) as error:
            raise NoSuiteError(
                f"the suite is neither in {folder} nor could it be cloned ({error}); "
                "name a checkout by --suite or by ARRAY_API_TESTS"
            ) from error
        new.rename(folder)


def git(*arguments: str) -> str:
    # Without a terminal to ask, git fails at once where it would want a password.
    environment = os.environ | {"GIT_TERMINAL_PROMPT": "0"}
    done = subprocess.run(
        ["git", *arguments], check=True, env=environment, stdout=subprocess.PIPE, text=True
    )
    return done.stdout.strip()


def warn_of_other_commit(folder: Path) -> None:
    try:
        commit = git("-C", str(folder), "rev-parse", "HEAD")
    except (OSError, subprocess.CalledProcessError):
        commit = "unknown"
    if commit != COMMIT:
        print(f"Note: the suite is at commit {commit}, not at {COMMIT}.", flush=True)


def run_suite(folder: Path, max_examples: int, extra: list[str]) -> int:
    """Run the suite from its own folder, so that the installed package is what it imports."""
    environment = os.environ | {
        "ARRAY_API_TESTS_MODULE": "minidiff.array_api",
        "ARRAY_API_TESTS_VERSION": VERSION,
    }
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.json"
        command = [sys.executable, "-m", "pytest", "array_api_tests", "-p", "no:cacheprovider"]
        command += ["--max-examples", str(max_examples)]
        command += ["--json-report", "--json-report-file", str(report), "--json-report-summary"]
        status = subprocess.run([*command, *extra], cwd=folder, env=environment).returncode
        if status not in (0, 1) or not report.is_file():
            print(f"The suite did not run: pytest ended with status {status}.", file=sys.stderr)
            return 2
        counts = json.loads(report.read_text("utf-8"))["summary"]
    # A test that breaks in its set-up counts as failed, and one that passes against a list of
    # expected failures too: the list is then wrong.
    failed = sum(counts.get(kind, 0) for kind in ("failed", "error", "xpassed"))
    shown = {"passed": counts.get("passed", 0), "failed": failed}
    shown |= {kind: counts.get(kind, 0) for kind in ("skipped", "xfailed")}
    print(", ".join(f"{count} {kind}" for kind, count in shown.items()))
    return 1 if failed or status else 0


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Run the official array API test suite on minidiff.array_api.",
        epilog="Arguments after -- go to pytest.",
    )
    parser.add_argument("--suite", metavar="FOLDER", help="a checkout of the suite")
    parser.add_argument("--max-examples", metavar="N", type=int, default=30)
    parser.add_argument("pytest_arguments", metavar="ARGUMENT", nargs="*")
    arguments = parser.parse_args()

    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        print(
            f"Not installed: {', '.join(missing)}. `nox -s conformance` installs all that the "
            "suite needs.",
            file=sys.stderr,
        )
        return 2
    try:
        folder = find_suite(arguments.suite)
    except NoSuiteError as error:
        print(f"The conformance suite cannot be run: {error}.", file=sys.stderr)
        return 2
    warn_of_other_commit(folder)
    return run_suite(folder, arguments.max_examples, arguments.pytest_arguments)


if __name__ == "__main__":
    sys.exit(main())
