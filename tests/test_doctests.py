"""The examples: in docstrings, and in the README."""

import contextlib
import doctest
import importlib
import io
import pkgutil
import re
from pathlib import Path

import pytest

import minidiff as md
import numpy as np

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


def said(block):
    """What a block of the README prints; each stands alone."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(block, "README.md", "exec"), {})
    return out.getvalue()


def numbers(text):
    return [float(one) for one in re.findall(r"-?\d+\.\d*(?:e[+-]\d+)?", text)]


def test_readme_says_what_is_true():
    pieces = [said(block) for block in blocks("python")]
    tensor, elsewhere, numpy_code, in_place, own, graph = pieces
    (picture,) = blocks("mermaid")
    drawn = [line for line in graph.splitlines() if not line.strip().startswith("%%")]
    assert [line for line in drawn if line] == picture.splitlines()
    x = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(numbers(tensor), np.cos(x) * x + np.sin(x), rtol=1e-7)
    np.testing.assert_allclose(numbers(elsewhere), np.cos(x) * x + np.sin(x), rtol=1e-7)
    assert "array_api_strict" in elsewhere or "device=" in elsewhere
    rosen = pytest.importorskip("scipy.optimize")
    x = np.array([1.3, 0.7, 0.8, 1.9, 1.2])
    gradient, hessian, batch, value = numpy_code.strip().splitlines()
    np.testing.assert_allclose(numbers(gradient), rosen.rosen_der(x), rtol=1e-6)
    assert (hessian, batch) == ("(5, 5)", "(2, 5)")
    assert float(value) == pytest.approx(rosen.rosen(x))
    # A change of x moves the smoothed values, less their mean.
    plain = np.array([[1, 0, 0], [0.5, 0.5, 0], [0.25, 0.25, 0.5]])
    found = np.reshape(numbers(in_place), (3, 3))
    np.testing.assert_allclose(found, plain - plain.mean(axis=0), atol=1e-7)
    assert own.strip() == "True"


def test_readme_has_the_same_lines_on_another_library():
    first, second = [block.splitlines() for block in blocks("python")[:2]]
    assert [line.partition("  #")[0] for line in first[3:]] == second[4:]


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#]+)", (ROOT / "README.md").read_text()))
def test_readme_links_lead_somewhere(link):
    assert link.startswith("https://") or (ROOT / link).exists()
