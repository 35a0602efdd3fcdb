"""The check of a namespace's derivatives: right ones pass, a wrong one is named."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import minidiff as md
import minidiff.array_api

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT))

from conformance import gradients  # noqa: E402  # from the root of the project


@md.elementwise(x=lambda xp, g, x: g * xp.sin(x))
def wrong_sin(xp, x, /):
    """Sine, with the derivative of another function."""
    return xp.sin(x)


@md.elementwise(x=lambda xp, g, x: xp.asarray(g) * xp.cos(x) + 0 * xp.sin(x))
def right_sin(xp, x, /):
    """Sine once more."""
    return xp.sin(x)


def with_other(**functions):
    """minidiff.array_api with some other functions."""
    namespace = {name: getattr(md.array_api, name) for name in md.array_api.__all__}
    return SimpleNamespace(**{**namespace, **functions})


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("sin", "differentiable"),
        ("matmul", "differentiable"),
        ("linalg.eig", "differentiable"),
        ("fft.rfft", "differentiable"),
        ("floor", "differentiable"),
        ("argmax", "not differentiable"),
        ("isfinite", "not differentiable"),
        ("zeros", "not differentiable"),
        ("fft.fftfreq", "not differentiable"),
    ],
)
def test_verdicts(name, kind):
    assert gradients.judged(name, minidiff.array_api).kind == kind


def test_a_wrong_derivative_is_named():
    verdict = gradients.judged("sin", with_other(sin=wrong_sin))
    assert verdict.kind == "failing"
    assert verdict.text.startswith("sin(2x3): first order: GradcheckError")
    assert gradients.judged("sin", with_other(sin=right_sin)).kind == "differentiable"


def test_what_the_library_lacks_is_no_failure():
    namespace = with_other()
    del namespace.sin
    assert gradients.judged("sin", namespace).kind == "not in the library"


def test_exit_status(monkeypatch, capsys):
    monkeypatch.setattr(gradients, "chapters", lambda: {"one": ["sin", "argmax"]})
    assert gradients.main(["minidiff.array_api"]) == 0
    last = capsys.readouterr().out.strip().splitlines()[-1]
    assert last == "1 differentiable, 1 not differentiable, 0 not in the library, 0 failing"
    monkeypatch.setattr(gradients, "namespace", lambda text, backend: with_other(sin=wrong_sin))
    assert gradients.main(["minidiff.array_api"]) == 1


def test_the_page_has_every_function_and_nothing_fails():
    page = (ROOT / "docs" / "coverage.md").read_text("utf-8")
    names = [name for names in gradients.chapters().values() for name in names]
    assert len(names) > 160
    assert [name for name in names if f"| `{name}` | " not in page] == []
    assert "fails" not in page


def test_the_page_says_what_is_found():
    page = (ROOT / "docs" / "coverage.md").read_text("utf-8")
    for name in ("exp", "sum", "argsort", "linalg.inv", "empty"):
        cell = gradients.cell(gradients.judged(name, minidiff.array_api))
        assert f"| `{name}` | {cell} |" in page
