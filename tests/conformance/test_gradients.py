"""The check of a namespace's derivatives: right ones pass, and whatever is wrong is named."""

import re
import sys
from pathlib import Path
from types import SimpleNamespace

import array_api_compat.numpy
import array_api_strict
import pytest

import minidiff as md
import minidiff.array_api as xp

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT))

from conformance import gradients  # noqa: E402  # from the root of the project

PAGE = (ROOT / "docs" / "coverage.md").read_text("utf-8")
NAMES = [
    *xp.__all__,
    *[f"linalg.{name}" for name in xp.linalg.__all__],
    *[f"fft.{name}" for name in xp.fft.__all__],
]
NUMBERS = r"-?[\d.]+(e[-+]\d+)?, by finite differences -?[\d.]+(e[-+]\d+)?$"


@pytest.fixture(scope="module")
def whole_run():
    """The verdict on every name, on NumPy."""
    names = [name for chapter in gradients.chapters().values() for name in chapter]
    return {verdict.name: verdict for verdict in gradients.verdicts(xp, None, names)}


@pytest.fixture(autouse=True)
def strict_flags():
    """The runner asks array-api-strict for the newest standard."""
    yield
    array_api_strict.reset_array_api_strict_flags()


def with_other(**functions):
    """minidiff.array_api with some other functions; without those that are None."""
    names = {name: getattr(xp, name) for name in (*xp.__all__, "linalg", "fft")} | functions
    return SimpleNamespace(**{name: thing for name, thing in names.items() if thing is not None})


def seen(name, kind, text, space=xp, bare=None):
    verdict = gradients.judged(name, space, bare)
    return (verdict.kind, verdict.text) == (kind, text)


# ---- what is right


@pytest.mark.parametrize(
    "name", ["sin", "matmul", "floor", "astype", "getitem", "linalg.eig", "fft.rfft"]
)
def test_differentiable(name):
    assert seen(name, "differentiable", "1, 2, fwd")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("argmax", "integer result"),
        ("isfinite", "boolean result"),
        ("ones_like", "the same for all values of its arrays"),
        ("empty_like", "its values are not defined"),
        ("zeros", "takes no array"),
        ("fft.fftfreq", "takes no array"),
        ("can_cast", "about dtypes"),
        ("pi", "a constant"),
        ("float64", "a dtype"),
    ],
)
def test_not_differentiable_by_nature(name, reason):
    assert seen(name, "not differentiable", reason)


def test_every_call_of_the_tests_is_made(whole_run):
    calls = sum(1 + case.complex for case in gradients.CASES)
    assert sum(verdict.calls for verdict in whole_run.values()) == calls


@pytest.mark.parametrize("name", ["sin", "take", "linalg.qr", "unique_all"])
def test_over_the_strict_library(name):
    space, bare = gradients.over("strict")
    assert seen(name, "differentiable", "1, 2, fwd", space, bare)


def test_over_torch():
    pytest.importorskip("torch")
    space, bare = gradients.over("torch")
    assert seen("linalg.inv", "differentiable", "1, 2, fwd", space, bare)
    assert seen("argsort", "not differentiable", "integer result", space, bare)


# ---- what is wrong


@md.elementwise(x=lambda xp, g, x: g * xp.sin(x))
def wrong_first(xp, x, /):
    """Sine, with the derivative of another function."""
    return xp.sin(x)


def constant(x):
    return x.detach() if type(x) is md.Tensor else x


@md.elementwise(x=lambda xp, g, x: g * xp.cos(constant(x)))
def wrong_second(xp, x, /):
    """Sine, with a derivative that has none itself."""
    return xp.sin(x)


@md.linear(x=lambda xp, g: xp.negative(constant(g)))
def wrong_in_the_cotangent(xp, x, /):
    """Minus x, with a transpose that forgets where the cotangent came from."""
    return xp.negative(x)


@md.differentiable(x=lambda xp, g, x: g * xp.conj(xp.cos(x)), jvp=lambda xp, dx, x: dx)
def wrong_forward(xp, x, /):
    """Sine, right in reverse mode alone."""
    return xp.sin(x)


@md.differentiable(x=lambda xp, g, x: g * xp.cos(x), jvp=lambda xp, dx, x: dx * xp.cos(x))
def wrong_complex(xp, x, /):
    """Sine, without the conjugate that an adjoint needs."""
    return xp.sin(x)


@pytest.mark.parametrize(
    ("name", "function", "where"),
    [
        ("sin", wrong_first, "sin(2x3): first order: "),
        ("sin", wrong_second, "sin(2x3): second order: "),
        ("negative", wrong_in_the_cotangent, "negative(2x3): second order: "),
        ("sin", wrong_forward, "sin(2x3): forward mode: "),
        ("sin", wrong_complex, "sin(2x3), complex: first order: "),
    ],
)
def test_a_wrong_derivative_is_named_with_both_numbers(name, function, where):
    verdict = gradients.judged(name, with_other(**{name: function}))
    assert verdict.kind == "failing"
    assert verdict.text.startswith(where)
    assert re.search(NUMBERS, verdict.text)


@md.elementwise(x=lambda g, x: g.no_such_attribute)
def raises_in_the_rule(xp, x, /):
    """Sine, with a formula that cannot be run."""
    return xp.sin(x)


def raises_forward(x, /):
    raise RuntimeError("no sine today")


def untracked(x, /):
    return xp.sin(x.detach())


def rounded(x, /):
    return xp.argmax(x) + 0.0 * xp.sum(x)


@pytest.mark.parametrize(
    ("name", "function", "said"),
    [
        ("sin", raises_in_the_rule, "first order: AttributeError"),
        ("sin", raises_forward, "value: RuntimeError: no sine today"),
        ("sin", untracked, "first order: "),
        ("sin", None, "the namespace has no such name"),
        ("argmax", rounded, "the result is tracked, although it has no derivative"),
        ("argmax", raises_forward, "argmax(2x3): RuntimeError: no sine today"),
    ],
)
def test_whatever_else_goes_wrong_is_a_failure(name, function, said):
    verdict = gradients.judged(name, with_other(**{name: function}))
    assert verdict.kind == "failing"
    assert said in verdict.text


def test_a_gradient_has_the_space_of_its_array():
    def narrow(array):
        return xp.astype(xp.asarray(array), xp.float32)

    verdict = gradients.judged("positive", with_other(asarray=narrow))
    assert verdict.kind == "failing"
    assert "gradients with [((2, 3), 'float32')] of arrays with [((2, 3), 'float64')]" in (
        verdict.text
    )


def test_a_function_without_a_call_is_a_failure(monkeypatch):
    monkeypatch.setattr(gradients, "CASES", [])
    assert seen("sin", "failing", "the tests have no call of it")


# ---- what a library lacks


def test_the_library_decides_what_it_lacks():
    numpy = array_api_compat.numpy
    lacking = SimpleNamespace(asarray=numpy.asarray, cos=numpy.cos, tan=raises_forward)
    assert seen("sin", "not in the library", "there is no such name", bare=lacking)
    assert seen("tan", "not in the library", "it takes none of the calls", bare=lacking)
    assert seen("cos", "differentiable", "1, 2, fwd", bare=lacking)
    # What works in the library has to work here too.
    verdict = gradients.judged("cos", with_other(cos=raises_forward), lacking)
    assert verdict.kind == "failing"


@md.elementwise(x=lambda xp, g, x: refuse())
def refused(xp, x, /):
    """Sine, with a derivative that is refused in words."""
    return xp.sin(x)


@md.differentiable(x=lambda xp, g, x: g * xp.conj(xp.cos(x)), jvp=lambda xp, dx, x: refuse())
def refused_forward(xp, x, /):
    """Sine, without forward mode."""
    return xp.sin(x)


def refuse():
    raise NotImplementedError("it needs more than the library has")


def test_a_derivative_that_is_refused_is_told_from_a_wrong_one():
    words = "it needs more than the library has"
    assert seen("sin", "value only", words, with_other(sin=refused))
    assert seen("sin", "differentiable", f"1, 2, {words}", with_other(sin=refused_forward))


# ---- the command


BROKEN = """
import minidiff as md
import minidiff.array_api as xp


@md.elementwise(x=lambda xp, g, x: g * xp.sin(x))
def sin(xp, x, /):
    return xp.sin(x)


def __getattr__(name):
    return getattr(xp, name)
"""


@pytest.fixture
def broken(tmp_path, monkeypatch):
    """A namespace, by its module, whose sine has a wrong derivative."""
    (tmp_path / "broken_space.py").write_text(BROKEN)
    monkeypatch.syspath_prepend(tmp_path)
    yield "broken_space"
    sys.modules.pop("broken_space", None)


def test_exit_status(broken, capsys):
    assert gradients.main(["minidiff.array_api", "--only", "sin", "argmax"]) == 0
    last = "1 differentiable, 1 not differentiable, 0 value only, 0 not in the library, 0 failing"
    assert capsys.readouterr().out.strip().splitlines()[-1] == last
    assert gradients.main([broken, "--only", "sin", "cos"]) == 1
    out = capsys.readouterr().out
    assert out.startswith(f"== {broken}\nsin ")
    assert re.search(r"^sin +failing: sin\(2x3\): first order", out, flags=re.MULTILINE)
    assert re.search(r"^cos +differentiable: 1, 2, fwd \(2 calls\)$", out, flags=re.MULTILINE)
    assert gradients.main(["minidiff.array_api", "--only", "no_such_name"]) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["my.xp", "--backend", "torch"], "--backend is for minidiff.array_api"),
        (["minidiff.array_api", "--write", "x.md", "--only", "sin"], "leave out --only"),
    ],
)
def test_arguments_that_do_not_go_together(arguments, said, capsys):
    with pytest.raises(SystemExit):
        gradients.main(arguments)
    assert said in capsys.readouterr().err


def test_what_cannot_be_run_is_said(tmp_path, monkeypatch, capsys):
    def over(backend):
        if backend != "numpy":
            raise ImportError(f"no {backend}")
        return xp, None

    monkeypatch.setattr(gradients, "over", over)
    monkeypatch.setattr(gradients, "chapters", lambda: {"one": ["sin", "pi"]})
    path = tmp_path / "coverage.md"
    assert gradients.main(["minidiff.array_api", "--write", str(path)]) == 0
    assert "== PyTorch: not run here: ImportError: no torch" in capsys.readouterr().out
    text = path.read_text("utf-8")
    assert "\nNumPy; not run here: array-api-strict, PyTorch, CuPy, JAX." in text
    assert "| name | NumPy |\n|---|---|\n| `sin` | 1, 2, fwd |\n| `pi` | – (a constant) |" in text


# ---- the page


@pytest.mark.parametrize("name", NAMES)
def test_the_page_has_every_name_once(name):
    assert PAGE.count(f"\n| `{name}` | ") == 1


def test_the_page_says_what_is_found(whole_run):
    assert sorted(whole_run) == sorted([*NAMES, gradients.GETITEM])
    titles = re.search(r"^\| name \| (.*) \|$", PAGE, flags=re.MULTILINE)[1].split(" | ")
    assert titles == ["NumPy", "array-api-strict", "PyTorch", "JAX"]
    rows = [line.split(" | ") for line in PAGE.splitlines() if line.startswith("| `")]
    found = {row[0].strip("| `"): row[1] for row in rows}
    assert found == {name: gradients.cell(verdict) for name, verdict in whole_run.items()}
    assert "fails" not in PAGE


@pytest.mark.parametrize("name", ["no.such", "minidiff.no_such", "3"])
def test_a_namespace_that_is_not_there(name, capsys):
    with pytest.raises(SystemExit) as stopped:
        gradients.main([name])
    assert stopped.value.code == 2
    assert f"there is no namespace {name}" in capsys.readouterr().err
