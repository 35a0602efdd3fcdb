"""The facts that two files of the repository have to share."""

import importlib.metadata
import re
import tomllib
from pathlib import Path

import minidiff

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def test_pre_commit_has_the_pinned_versions():
    pinned = set(PROJECT["dependency-groups"]["lint"])
    hooks = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    assert set(re.findall(r"(?:ruff|mypy)==[\d.]+", hooks)) == pinned


def test_readme_opens_with_its_two_commands():
    readme = (ROOT / "README.md").read_text("utf-8")
    commands = re.findall(r"^```sh\n(.*?)\n```$", readme, flags=re.MULTILINE | re.DOTALL)
    assert [command.split(" && ")[-1] for command in commands] == [
        ".venv/bin/python -m minidiff",
        ".venv/bin/python -m pytest -n 2",
    ]
    assert readme.index(commands[1]) < readme.index("## ")


def test_version_has_one_source():
    assert minidiff.__version__ == importlib.metadata.version("minidiff")
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert f"## {minidiff.__version__}" in changes


def test_installed_as_an_array_api_namespace():
    points = importlib.metadata.entry_points(group="array_api", name="minidiff")
    assert [point.value for point in points] == ["minidiff.array_api"]
