"""Which derivatives of which functions of the standard a differentiable namespace has right.

    python -m conformance.gradients minidiff.array_api [--backend numpy|strict|torch|cupy|jax]
    python -m conformance.gradients mypackage.xp --only sin linalg.inv
    python -m conformance.gradients minidiff.array_api --write docs/coverage.md

The calls are those of the project's own tests (tests/cases.py), with domains that suit each
function; the truth is finite differences of the namespace's own values (tests/reference.py). A line
for each function: to which order it is differentiable, why it is not by its nature, whether the
library lacks it, or the first call that fails, with both numbers. The last line counts. The exit
status is 1 if anything fails.

The namespace is a module, or an attribute of one; what it needs beyond the standard is minidiff's
API of tensors: `x.allow_grad = True`, `y.backward(u)`, `x.grad`, `x.as_numpy()`, and that
`minidiff.jvp` takes its functions. `minidiff.array_api` and every `minidiff.wrap(library)` have it,
and so has any module that builds on them. `--backend` puts minidiff over another library.
"""

import argparse
import importlib
import pkgutil
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "conformance")]

from conformance_spaces import space  # noqa: E402  # the path comes first

import minidiff  # noqa: E402
import minidiff.array_api  # noqa: E402
from case import Case, normal  # noqa: E402  # of tests/
from cases import CASES, EXCLUDED  # noqa: E402
from reference import directional_derivative, inner, parts  # noqa: E402

BACKENDS = {
    "numpy": "NumPy",
    "strict": "array-api-strict",
    "torch": "PyTorch",
    "cupy": "CuPy",
    "jax": "JAX",
}

# How a function may turn out.
KINDS = ("differentiable", "not differentiable", "value only", "not in the library", "failing")

# What differences are good for; those of second order are differences of computed gradients.
TOLERANCE = {"1": 1e-7, "fwd": 1e-7, "2": 1e-6}
TITLES = {"1": "first order", "fwd": "forward mode", "2": "second order"}

# The name that the tests give to `x[key]`, which is no function of the standard.
GETITEM = "getitem"


@dataclass
class Verdict:
    """How one function turned out: one of KINDS, and to which order, or why not."""

    name: str
    kind: str
    text: str
    calls: int = 0

    def __str__(self) -> str:
        calls = f" ({self.calls} call{'s' * (self.calls != 1)})" if self.calls else ""
        return f"{self.name:26} {self.kind}: {self.text}{calls}"


class Failure(Exception):
    """A derivative is wrong, or something raised that should not."""


# ---- names


def chapters() -> dict[str, list[str]]:
    """Every name of the standard, and indexing, by chapter."""
    found = {"indexing": [GETITEM]}
    for name in minidiff.array_api.__all__:
        found.setdefault(chapter_of(name), []).append(name)
    for extension in ("linalg", "fft"):
        module = getattr(minidiff.array_api, extension)
        found[extension] = [f"{extension}.{name}" for name in module.__all__]
    return {chapter: sorted(names) for chapter, names in sorted(found.items())}


def chapter_of(name: str) -> str:
    """The chapter of a name of the main namespace; that of a function is the module it is in."""
    thing = getattr(minidiff.array_api, name)
    if name.startswith("__"):
        return "inspection"
    if isinstance(thing, type):
        return "dtypes"
    if not callable(thing):
        return "constants"
    return str(thing.rule.row.__module__).rpartition("._")[2].replace("_", " ")


def nature(name: str) -> str | None:
    """Why a name can have no derivative; None for one that should have been called to see."""
    if name in EXCLUDED:
        return EXCLUDED[name]
    thing = attrgetter(name)(minidiff.array_api)
    if isinstance(thing, type):
        return "a dtype"
    if not callable(thing):
        return "a constant"
    # `free`: neither an input nor another array from which to take the library.
    return "takes no array" if thing.rule.free else None


# ---- namespaces


def over(backend: str) -> tuple[Any, Any]:
    """minidiff over a library, and the library to be asked what it lacks: not NumPy, which has all.

    An error if the library is not installed, or has no device here.
    """
    if backend == "jax":
        jax = importlib.import_module("jax")
        jax.config.update("jax_enable_x64", True)  # or all would be float32
        return minidiff.wrap(jax.numpy), jax.numpy
    xp = space(backend)
    xp.asarray(0.0)  # CuPy can be imported where it has no device
    return xp, None if backend == "numpy" else space(backend, bare=True)


def spaces(options: argparse.Namespace) -> Iterator[tuple[str, Any, Any]]:
    """What is to be run: a title, the namespace, and the library below if it is to be asked."""
    if options.namespace != "minidiff.array_api":
        yield options.namespace, pkgutil.resolve_name(options.namespace), None
    elif not options.write:
        yield BACKENDS[options.backend], *over(options.backend)
    else:
        for backend, title in BACKENDS.items():
            try:
                found = over(backend)
            except Exception as error:  # not installed, or without a device
                print(f"== {title}: not run here: {raised(error)}", flush=True)
                continue
            yield title, *found


# ---- one function


def judged(name: str, xp: Any, bare: Any = None) -> Verdict:
    """Every call of a function, up to the first that fails.

    `bare` is the library below, which decides what it lacks. Without it every call has to work, but
    for those of which the tests say that not every library takes them (`lax`).
    """
    if bare is not None and not has(bare, name):
        return Verdict(name, "not in the library", "there is no such name")
    if not has(xp, name):
        return Verdict(name, "failing", "the namespace has no such name")
    calls = calls_of(name, xp)
    if not calls:
        reason = nature(name)
        if reason is None:
            return Verdict(name, "failing", "the tests have no call of it")
        return Verdict(name, "not differentiable", reason)
    calls = [call for call in calls if call.is_taken(bare)]
    if not calls:
        return Verdict(name, "not in the library", "it takes none of the calls")

    results: set[str] = set()
    refused: dict[str, str] = {}
    for call in calls:
        try:
            if call.case.constant:
                results.add(call.check_constant())
            else:
                refused |= call.check_derivatives()
        except Failure as failure:
            return Verdict(name, "failing", f"{call.title}: {failure}", len(calls))

    if all(call.case.constant for call in calls):
        return Verdict(name, "not differentiable", " or ".join(sorted(results)), len(calls))
    orders = [order for order in ("1", "2", "fwd") if order not in refused]
    kind = "differentiable" if orders else "value only"
    text = ", ".join([*orders, *dict.fromkeys(refused.values())])
    return Verdict(name, kind, text, len(calls))


def has(space: Any, name: str) -> bool:
    try:
        attrgetter(name)(space)
    except AttributeError:
        return name == GETITEM
    return True


def calls_of(name: str, xp: Any) -> list["Call"]:
    """Its cases, with real and, where that makes sense, with complex arrays."""
    return [
        Call(case, xp, complex=complex)
        for case in CASES
        if case.name == name
        for complex in (False, True)
        if case.complex or not complex
    ]


# ---- one call


class Call:
    """A case in a namespace, as functions of NumPy arrays."""

    def __init__(self, case: Case, xp: Any, *, complex: bool):
        self.case, self.xp = case, xp
        self.title = case.id + ", complex" * complex
        self.arrays = case.arrays(complex=complex)
        # The directions in which the arrays move; None for integer and boolean ones.
        self.vs = case.directions(self.arrays)
        self.ws = case.directions(self.arrays, "w")

    def is_taken(self, bare: Any) -> bool:
        """Whether the library itself can do it; the standard lets it refuse some calls."""
        if bare is None and not self.case.lax:
            return True
        space = self.xp if bare is None else bare
        try:
            self.case.call(space, *[space.asarray(array) for array in self.arrays])
        except Exception:  # libraries refuse with errors of many types
            return False
        return True

    # -- the namespace's values and derivatives

    def tensors(self, arrays: list[Any], *, tracked: bool) -> list[Any]:
        out = [self.xp.asarray(array.copy()) for array in arrays]
        for tensor, array in zip(out, arrays, strict=True):
            if tracked and array.dtype.kind in "fc":
                tensor.allow_grad = True
        return out

    def results(self, tensors: list[Any]) -> list[Any]:
        """Those results that can have a derivative."""
        found = parts(self.case.call(self.xp, *tensors))
        return [one for one in found if one.as_numpy().dtype.kind in "fc"]

    def values(self, *arrays: Any) -> list[Any]:
        """The results for other values of the arrays."""
        return [one.as_numpy() for one in self.results(self.tensors([*arrays], tracked=False))]

    @cached_property
    def us(self) -> list[Any]:
        """Cotangents, one for each result."""
        return self.cotangents("cotangent")

    def cotangents(self, salt: str) -> list[Any]:
        rng = self.case.rng(salt)
        return [normal(rng, one.shape, one.dtype) for one in self.values(*self.arrays)]

    def gradients(self, *arrays: Any) -> list[Any]:
        """Reverse mode from the cotangents `us`; a gradient for each array that moves."""
        leaves = self.tensors([*arrays], tracked=True)
        for out, u in zip(self.results(leaves), self.us, strict=True):
            out.backward(self.xp.asarray(u), reset_grads=False)
        return [gradient_of(leaf) for leaf in self.moving(leaves)]

    def tangents(self) -> list[Any]:
        """Forward mode along `vs`, for each result."""
        plain = self.tensors(self.arrays, tracked=False)
        ways = [self.xp.asarray(v) for v in self.moving(self.vs)]

        def function(*points: Any) -> list[Any]:
            moved = iter(points)
            pairs = zip(plain, self.vs, strict=True)
            return self.results([one if v is None else next(moved) for one, v in pairs])

        _, found = minidiff.jvp(function, self.moving(plain), ways)
        return [one.as_numpy() for one in found]

    def second(self) -> tuple[list[Any], list[Any]]:
        """Reverse mode again, from the gradients along `ws`: in the arrays, and in `us`."""
        leaves = self.tensors(self.arrays, tracked=True)
        seeds = self.tensors(self.us, tracked=True)
        for out, seed in zip(self.results(leaves), seeds, strict=True):
            out.backward(seed, reset_grads=False, allow_higher_order=True)
        inputs = self.moving(leaves)
        first = [leaf.grad for leaf in inputs]
        for one in (*inputs, *seeds):
            one.grad = None
        for gradient, w in zip(first, self.moving(self.ws), strict=True):
            if gradient.allow_grad:  # not where it is constant
                gradient.backward(self.xp.asarray(w), reset_grads=False)
        found = [None if one.grad is None else gradient_of(one) for one in (*inputs, *seeds)]
        return found[: len(inputs)], found[len(inputs) :]

    def moving(self, values: list[Any]) -> list[Any]:
        """Those whose array has a direction."""
        return [value for value, v in zip(values, self.vs, strict=True) if v is not None]

    # -- the checks

    def check_constant(self) -> str:
        """That nothing is tracked; what kind of result it is, in words."""
        try:
            found = parts(self.case.call(self.xp, *self.tensors(self.arrays, tracked=True)))
        except Exception as error:
            raise Failure(raised(error)) from error
        if any(one.allow_grad for one in found):
            raise Failure("the result is tracked, although it has no derivative")
        kinds = {one.as_numpy().dtype.kind for one in found}
        if kinds <= set("b"):
            return "boolean result"
        return "integer result" if kinds <= set("iu") else "the same for all values of its arrays"

    def check_derivatives(self) -> dict[str, str]:
        """Each order against differences; those that the namespace refuses, and its words."""
        refused: dict[str, str] = {}
        try:
            slopes = directional_derivative(self.values, self.arrays, self.vs)
        except Exception as error:
            raise Failure(f"value: {raised(error)}") from error
        checks = {"1": self.first_order, "fwd": self.forward, "2": self.second_order}
        for order, check in checks.items():
            try:
                pairs = check(slopes)
            except NotImplementedError as error:
                refused[order] = str(error)
                continue
            except Exception as error:
                raise Failure(f"{TITLES[order]}: {raised(error)}") from error
            for found, expected in pairs:
                # Not `>`, which nan would pass.
                if not abs(found - expected) <= TOLERANCE[order] * max(1.0, abs(expected)):
                    numbers = f"{found:.9g}, by finite differences {expected:.9g}"
                    raise Failure(f"{TITLES[order]}: {numbers}")
        return refused

    def first_order(self, slopes: list[Any]) -> list[tuple[float, float]]:
        found = self.gradients(*self.arrays)
        spaces = [(one.shape, one.dtype.name) for one in found]
        expected = [(one.shape, one.dtype.name) for one in self.moving(self.arrays)]
        if spaces != expected:
            raise ValueError(f"gradients with {spaces} of arrays with {expected}")
        return [(inner(found, self.moving(self.vs)), inner(self.us, slopes))]

    def forward(self, slopes: list[Any]) -> list[tuple[float, float]]:
        return [(inner(self.us, self.tangents()), inner(self.us, slopes))]

    def second_order(self, slopes: list[Any]) -> list[tuple[float, float]]:
        in_arrays, in_us = self.second()
        change = directional_derivative(self.gradients, self.arrays, self.vs)
        # The gradient is linear in the cotangent: its derivative there is the one along ws.
        others = self.cotangents("second cotangent")
        along = directional_derivative(self.values, self.arrays, self.ws)
        return [
            (inner(in_arrays, self.moving(self.vs)), inner(self.moving(self.ws), change)),
            (inner(in_us, others), inner(others, along)),
        ]


def gradient_of(leaf: Any) -> Any:
    if leaf.grad is None:
        raise ValueError("an array received no gradient")
    return leaf.grad.as_numpy()


def raised(error: Exception) -> str:
    """An error in a line."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else ''}"


# ---- all of them, and the table

HEAD = """\
# Which derivatives are there

<!-- Written by `python -m conformance.gradients {namespace} --write docs/coverage.md`. -->

Every name of the standard, over each library that could be run:
{run}; not run here: {left}.
What is shown was checked against finite differences of that library's own values, for all those
calls of the project's tests that the library takes, real and complex.

- *1, 2, fwd*: right to first and second order by reverse mode, and in forward mode.
- *–*: not differentiable by nature, for the reason given.
- *value only*: minidiff refuses the derivative and says why.
- *none*: the library does not have it.
"""


def verdicts(xp: Any, bare: Any, names: list[str]) -> Iterator[Verdict]:
    """What becomes of each function, one after the other."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:
            yield judged(name, xp, bare)


def cell(verdict: Verdict) -> str:
    return {
        "differentiable": verdict.text,
        "not differentiable": f"– ({verdict.text})",
        "value only": f"value only: {verdict.text}",
        "not in the library": "none",
        "failing": f"**fails**: {verdict.text}",
    }[verdict.kind]


def page(namespace: str, columns: dict[str, dict[str, Verdict]]) -> str:
    """The table of functions and libraries, as Markdown."""
    left = [title for title in BACKENDS.values() if title not in columns]
    texts = {"run": ", ".join(columns), "left": ", ".join(left) or "none"}
    lines = [HEAD.format(namespace=namespace, **texts)]
    for chapter, names in chapters().items():
        lines += [f"## {chapter}", "", f"| name | {' | '.join(columns)} |"]
        lines.append("|---" * (1 + len(columns)) + "|")
        for name in names:
            cells = [cell(column[name]) for column in columns.values()]
            lines.append(f"| `{name}` | {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m conformance.gradients",
        description="Check the derivatives of a namespace of minidiff's Tensors.",
    )
    parser.add_argument("namespace", help="minidiff.array_api, or a module or attribute like it")
    parser.add_argument("--backend", choices=list(BACKENDS), default="numpy")
    parser.add_argument("--only", metavar="NAME", nargs="+", help="these functions alone")
    parser.add_argument("--write", metavar="FILE", help="write the table, over every backend")
    options = parser.parse_args(arguments)
    if options.backend != "numpy" and options.namespace != "minidiff.array_api":
        parser.error("--backend is for minidiff.array_api; any other namespace has its own library")
    if options.namespace != "minidiff.array_api":
        try:
            pkgutil.resolve_name(options.namespace)
        except (ImportError, AttributeError, ValueError) as error:
            parser.error(f"there is no namespace {options.namespace}: {error}")
    if options.write and options.only:
        parser.error("--write needs every function: leave out --only")
    names = [name for chapter in chapters().values() for name in chapter]

    columns: dict[str, dict[str, Verdict]] = {}
    for title, xp, bare in spaces(options):
        print(f"== {title}", flush=True)
        columns[title] = {}
        for verdict in verdicts(xp, bare, options.only or names):
            print(verdict, flush=True)
            columns[title][verdict.name] = verdict
    if options.write:
        Path(options.write).write_text(page(options.namespace, columns), "utf-8")
    found = [verdict.kind for column in columns.values() for verdict in column.values()]
    print(", ".join(f"{found.count(kind)} {kind}" for kind in KINDS))
    return 1 if "failing" in found else 0


if __name__ == "__main__":
    sys.exit(main())
