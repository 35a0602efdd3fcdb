"""The examples: in docstrings, and in the README."""

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import numpy as np
import pytest

import minidiff as md

ROOT = Path(__file__).parent.parent
# Imported only where there is a GPU.
SKIPPED = {"minidiff.backends.cupy"}

MODULES = ["minidiff"] + [
    module.name
    for module in pkgutil.walk_packages(md.__path__, "minidiff.")
    if module.name not in SKIPPED
]


def examples():
    """Every docstring with examples, found once, where it is defined."""
    found = {}
    for name in MODULES:
        module = importlib.import_module(name)
        for test in doctest.DocTestFinder().find(module, name, extraglobs={}):
            if test.examples:
                found.setdefault((test.filename, test.lineno), test)
        # What the words make is no function of the module in the finder's eyes.
        for value in vars(module).values():
            if getattr(value, "__module__", None) == name and hasattr(value, "rule"):
                for test in doctest.DocTestFinder().find(value, f"{name}.{value.__name__}"):
                    if test.examples:
                        found.setdefault((test.filename, test.lineno), test)
    return list(found.values())


EXAMPLES = examples()


def test_examples_are_found():
    names = {test.name for test in EXAMPLES}
    assert any("Tensor" in name for name in names)
    assert any("no_grad" in name for name in names)
    assert any("wrap" in name for name in names)
    assert sum(len(test.examples) for test in EXAMPLES) >= 10


@pytest.mark.parametrize("test", EXAMPLES, ids=[test.name for test in EXAMPLES])
def test_example(test):
    said = []
    runner = doctest.DocTestRunner(verbose=False)
    runner.run(test, out=said.append, clear_globs=False)
    assert runner.failures == 0, "".join(said)
    assert runner.tries == len(test.examples)


# ---- the README


def blocks(language):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def run_readme():
    """All Python blocks, one after another in one namespace."""
    names = {}
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), names)
    return names


def test_readme_runs():
    assert len(blocks("python")) >= 1
    assert "md" in run_readme()


def test_readme_says_what_is_true():
    """f = 2 y sin(x) - x**2: the last pass has left the second derivatives."""
    names = run_readme()
    x, y = names["x"].as_numpy(), names["y"].as_numpy()
    np.testing.assert_allclose(names["x"].grad.as_numpy(), -2 * y * np.sin(x) - 2, rtol=1e-14)
    np.testing.assert_allclose(names["y"].grad.as_numpy(), 2 * np.cos(x), rtol=1e-14)
    np.testing.assert_allclose(names["f"].as_numpy(), 2 * y * np.sin(x) - x**2, rtol=1e-14)


def test_readme_gives_the_first_derivatives_before():
    (block,) = [block for block in blocks("python") if "backward" in block]
    first, _, _ = block.partition("x.grad.backward()")
    names = {}
    exec(first, names)
    x, y = names["x"].as_numpy(), names["y"].as_numpy()
    np.testing.assert_allclose(names["x"].grad.as_numpy(), 2 * y * np.cos(x) - 2 * x, rtol=1e-14)
    np.testing.assert_allclose(names["y"].grad.as_numpy(), 2 * np.sin(x), rtol=1e-14)


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#]+)", (ROOT / "README.md").read_text()))
def test_readme_links_lead_somewhere(link):
    assert link.startswith("https://") or (ROOT / link).exists()
