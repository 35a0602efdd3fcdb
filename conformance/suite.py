"""Where the official suite is: named, cached, or cloned at its pinned commit."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = "https://github.com/data-apis/array-api-tests"
COMMIT = "55fcc60179efa2680ddd6cd926ddf17b83530e2b"
VERSION = "2025.12"


class NoSuiteError(Exception):
    """The suite is not to be had; the message says where it was looked for."""


def cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "minidiff" / "array-api-tests"


def is_suite(folder: Path) -> bool:
    """Whether the suite is there with the standard's text, without which it collects nothing."""
    stubs = folder / "array-api" / "src" / "array_api_stubs"
    return (folder / "array_api_tests").is_dir() and stubs.is_dir()


def find_suite(asked: str | None, *, may_clone: bool = True) -> Path:
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
        if not may_clone:
            raise NoSuiteError(f"neither ARRAY_API_TESTS names it nor is it in {folder}")
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


def commit_of(folder: Path) -> str:
    try:
        return git("-C", str(folder), "rev-parse", "HEAD")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


if __name__ == "__main__":
    try:
        print(find_suite(None, may_clone=False))
    except NoSuiteError as error:
        sys.exit(f"The official suite is not at hand: {error}.")
