"""What is run on the code, by `nox -s NAME`: tests, lint, types, docs, bench and more, below."""

import os

import nox

nox.options.sessions = ["lint", "types", "tests"]
nox.options.default_venv_backend = "virtualenv"

PROJECT = nox.project.load_toml("pyproject.toml")


def group(name: str) -> list[str]:
    # Read here and not by `pip install --group`, which a pip older than 25.1 does not know.
    return nox.project.dependency_groups(PROJECT, name)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests. Arguments after `--` go to pytest."""
    session.install(".[test]")
    session.run("python", "-m", "pytest", "-n", "2", *session.posargs)


@nox.session
def crosscheck(session: nox.Session) -> None:
    """Compare every row, to second order, with PyTorch's autograd."""
    session.install(".[test]", "torch==2.13.0")
    session.run("python", "-m", "pytest", "-n", "2", "tests/crosscheck", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check the style with ruff."""
    session.install(*group("lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types of the package with mypy --strict."""
    session.install(".", *group("lint"))
    session.run("mypy")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation: every code cell is executed, and no warning passes."""
    session.install(".", *group("docs"))
    session.run("sphinx-build", "-W", "-b", "html", "docs", "docs/_build/html", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Print the table of benchmarks. `nox -s bench -- torch` compares with PyTorch too."""
    session.install(".", *group("bench"))
    arguments = list(session.posargs)
    if "torch" in arguments:
        arguments.remove("torch")
        session.install("torch==2.13.0")
    session.run("python", "tests/benchmarks", *arguments)


@nox.session
def conformance(session: nox.Session) -> None:
    """Run the official test suite of the array API standard. Arguments go to the runner."""
    # Not the checkout: the suite is run from its own folder, on the installed package.
    session.install(".", *group("conformance"))
    runner = os.path.abspath("conformance/run.py")
    session.run("python", runner, *session.posargs)
