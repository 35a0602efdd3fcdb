"""Checks of derivatives against finite differences: `gradcheck`, `gradgradcheck` and their parts.

The truth is the central difference of order 8 (Fornberg, Math. Comp. 51 (1988), table 1), computed
from the function's values alone. Inputs may lie in any array library: nothing is written in place.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._differences import (
    Problem,
    Vector,
    cut,
    epsilon,
    is_floating,
    joined,
    labels,
    like,
    unknowns,
    vector,
)
from .core.tensor import Tensor
from .functional import jvp, vjp

__all__ = [
    "GradcheckError",
    "calculate_finite_differences",
    "compute_grads",
    "gradcheck",
    "gradgradcheck",
]

Function = Callable[..., Any]


class GradcheckError(AssertionError):
    """A derivative differs from finite differences; the message says where, and by how much."""


# ---- the checks


def gradcheck(
    func: Function,
    inputs: Tensor | Sequence[Any],
    *,
    fast: bool = False,
    modes: Sequence[str] = ("reverse", "forward"),
    step: float | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    exclude: Collection[int] = (),
    seed: int = 0,
    raise_exception: bool = True,
) -> bool:
    """Compare the first derivatives of a function with finite differences.

    Parameters
    ----------
    func : callable
        Takes `inputs`; returns a Tensor or a nested container of Tensors. Results of integer and
        boolean dtypes are left out.
    inputs : Tensor, or sequence
        Its arguments. Checked are the Tensors of real and complex floating dtypes among them;
        everything else is passed on.
    fast : bool
        One random direction for each input and one random cotangent, instead of the whole Jacobian.
    modes : sequence of {'reverse', 'forward'}
        Which of the engine's derivatives to compare.
    step : float, optional
        How far apart the points of the difference are, in units of the input. By default ε^(1/5) of
        the input's dtype (7e-4 for float64), times its largest magnitude where that is above 1;
        points lie up to four steps away.
    rtol, atol : float, optional
        An entry passes if ``|automatic - difference| <= atol + rtol |difference|``. By default
        both are 10 √ε of the least precise dtype (1.5e-7 for float64).
    exclude : collection of int
        The positions of inputs that are not checked.
    seed : int
        For the random directions of `fast`.
    raise_exception : bool
        Whether to raise where the check fails, or to return False.

    Returns
    -------
    bool
        Whether it passed.

    Raises
    ------
    GradcheckError
        If an entry differs. The message names the argument, its element, the result's element, both
        numbers and the step.
    ValueError
        If nothing is there to check, or a mode is unknown.

    Examples
    --------
    >>> import minidiff as md
    >>> from minidiff.testing import gradcheck
    >>> gradcheck(lambda x, y: md.sin(x) * y, [md.asarray([0.1, 0.2]), md.asarray(3.0)])
    True
    """
    for mode in modes:
        if mode not in ("reverse", "forward"):
            raise ValueError(f"gradcheck: a mode is 'reverse' or 'forward', not {mode!r}")
    problem = Problem(func, (inputs,) if type(inputs) is Tensor else tuple(inputs), exclude)
    if not problem.places or not modes:
        raise ValueError(
            "gradcheck: there is nothing to check: no input is a Tensor of a floating dtype, or "
            "all of them are excluded, or modes is empty"
        )
    precision = max(epsilon(problem.inputs[place]) for place in problem.places)
    rtol = 10 * math.sqrt(precision) if rtol is None else rtol
    atol = 10 * math.sqrt(precision) if atol is None else atol
    rng = np.random.default_rng(seed)
    entries = (
        random_entries(problem, modes, step, rng) if fast else all_entries(problem, modes, step)
    )
    wrong = [entry for entry in entries if not entry.passes(rtol, atol)]
    if wrong and raise_exception:
        raise GradcheckError(report(wrong, rtol, atol))
    return not wrong


def gradgradcheck(
    func: Function,
    inputs: Tensor | Sequence[Any],
    cotangents: Sequence[Tensor] | None = None,
    *,
    exclude: Collection[int] = (),
    seed: int = 0,
    **options: Any,
) -> bool:
    """Compare the second derivatives of a function with finite differences of its gradients.

    Checked is the function from the inputs and cotangents to the gradients, in both of them.

    Parameters
    ----------
    func, inputs, exclude, seed
        As for `gradcheck`.
    cotangents : sequence of Tensor, optional
        One for each floating Tensor that `func` returns; random by default.
    **options
        As for `gradcheck`: `fast`, `modes`, `step`, `rtol`, `atol`, `raise_exception`.

    Returns
    -------
    bool
        Whether it passed.

    Raises
    ------
    GradcheckError, ValueError
        As `gradcheck`. The argument may be a cotangent there.

    Examples
    --------
    >>> import minidiff as md
    >>> from minidiff.testing import gradgradcheck
    >>> gradgradcheck(lambda x: md.exp(x) * x, md.asarray([0.1, 0.2]))
    True
    """
    problem = Problem(func, (inputs,) if type(inputs) is Tensor else tuple(inputs), exclude)
    if cotangents is None:
        rng = np.random.default_rng(seed)
        cotangents = [
            like(out, rng.standard_normal(unknowns(out))) for out in problem.value(problem.points)
        ]

    def gradients(*points_and_cotangents: Tensor) -> tuple[Tensor, ...]:
        count = len(problem.places)
        points, given = points_and_cotangents[:count], points_and_cotangents[count:]
        _, pullback = vjp(problem.value, points)
        return pullback(list(given))[0]  # type: ignore[no-any-return]  # a tuple, as points is

    gradients.names = [  # type: ignore[attr-defined]  # read by Problem
        *[problem.names[place] for place in problem.places],
        *[f"cotangent {index}" for index in range(len(cotangents))],
    ]
    return gradcheck(gradients, [*problem.points, *cotangents], seed=seed, **options)


def calculate_finite_differences(
    *inputs: Any, func: Function, h: float | None = None, exclude: Collection[int] | None = None
) -> list[Tensor | None]:
    """The gradient of the sum of what a function returns, by finite differences.

    Parameters
    ----------
    *inputs : Tensor or anything
        The arguments of `func`.
    func : callable
        Returns a Tensor or a nested container of Tensors.
    h : float, optional
        The step, as in `gradcheck`.
    exclude : collection of int, optional
        The positions of inputs to leave out.

    Returns
    -------
    list of (Tensor or None)
        For each input a gradient of its shape, dtype and library, in the convention of `backward`
        (∂/∂Re + i ∂/∂Im for complex inputs, of the real part of the sum); None for one that is
        excluded or is no Tensor of a floating dtype.

    Raises
    ------
    ValueError
        If no input is a Tensor of a floating dtype.

    Examples
    --------
    >>> import minidiff as md
    >>> from minidiff.testing import calculate_finite_differences
    >>> calculate_finite_differences(md.asarray([1.0, 2.0]), 3, func=lambda x, n: x**n)
    [Tensor([ 3., 12.]), None]
    """
    problem = Problem(func, inputs, exclude or ())
    if not any(type(one) is Tensor and is_floating(one) for one in inputs):
        kinds = ", ".join(dict.fromkeys(type(one).__name__ for one in inputs)) or "nothing"
        raise ValueError(
            "there is nothing to differentiate with respect to: no input is a Tensor of a floating "
            f"dtype, and {kinds} was given; make one with asarray(...)"
        )
    found: list[Tensor | None] = [None] * len(inputs)
    for place in problem.places:
        x = problem.inputs[place]
        ones = [vector(like(out, np.ones(out.size))) for out in problem.value(problem.points)]
        direction = np.concatenate(ones)
        slopes = [direction @ problem.difference(place, along, h) for along in np.eye(unknowns(x))]
        found[place] = like(x, np.asarray(slopes))
    return found


def compute_grads(
    *inputs: Any, func: Function, h: float | None = None, exclude: Collection[int] | None = None
) -> tuple[list[Tensor | None], list[Tensor | None]]:
    """The gradients by finite differences, and those of `backward`.

    Parameters
    ----------
    *inputs, func, h, exclude
        As for `calculate_finite_differences`.

    Returns
    -------
    (list of (Tensor or None), list of (Tensor or None))
        Finite differences, automatic; as for `calculate_finite_differences`. The inputs' own `grad`
        is left alone.

    Raises
    ------
    ValueError
        If no input is a Tensor of a floating dtype.

    Examples
    --------
    >>> import minidiff as md
    >>> from minidiff.testing import compute_grads
    >>> differences, automatic = compute_grads(md.asarray(2.0), func=lambda x: x * x)
    >>> automatic
    [Tensor(4.)]
    """
    differences = calculate_finite_differences(*inputs, func=func, h=h, exclude=exclude)
    problem = Problem(func, inputs, exclude or ())
    automatic: list[Tensor | None] = [None] * len(inputs)
    if not problem.places:
        return differences, automatic
    outs, pullback = vjp(problem.value, problem.points)
    gradients = pullback([out._backend.tensors.ones_like(out) for out in outs])[0]
    for place, gradient in zip(problem.places, gradients, strict=True):
        automatic[place] = gradient
    return differences, automatic


# ---- entries of the Jacobian


@dataclass(frozen=True)
class Entry:
    """One number of a Jacobian, or of its product with directions, computed twice."""

    mode: str
    where: str
    automatic: float
    difference: float
    step: float

    def passes(self, rtol: float, atol: float) -> bool:
        bound = atol + rtol * abs(self.difference)
        return abs(self.automatic - self.difference) <= bound or (
            math.isnan(self.automatic) and math.isnan(self.difference)
        )


def all_entries(problem: Problem, modes: Sequence[str], step: float | None) -> Iterator[Entry]:
    """Every entry of the Jacobian, over the reals: a complex number is two unknowns."""
    outs, pullback = vjp(problem.value, problem.points)
    results = [label for i, out in enumerate(outs) for label in labels(f"result {i}", out)]
    rows = [
        pullback([like(out, part) for out, part in zip(outs, parts, strict=True)])[0]
        for parts in cut(np.eye(sum(map(unknowns, outs))), outs)
    ]
    for index, place in enumerate(problem.places):
        x, h = problem.inputs[place], problem.step(place, step)
        arguments = labels(problem.names[place], x)
        reverse = np.asarray([vector(row[index]) for row in rows])
        for column, along in enumerate(np.eye(unknowns(x))):
            truth = problem.difference(place, along, step)
            found = {"reverse": reverse[:, column] if len(rows) else truth}
            if "forward" in modes:
                found["forward"] = pushed(problem, index, along)
            for mode in modes:
                for result, one, other in zip(results, found[mode], truth, strict=True):
                    where = f"d {result} / d {arguments[column]}"
                    yield Entry(mode, where, float(one), float(other), h)


def random_entries(
    problem: Problem, modes: Sequence[str], step: float | None, rng: np.random.Generator
) -> Iterator[Entry]:
    """For each input, the product of the Jacobian with a random direction and cotangent."""
    outs, pullback = vjp(problem.value, problem.points)
    cotangents = [like(out, rng.standard_normal(unknowns(out))) for out in outs]
    weights = joined(cotangents)
    gradients = pullback(cotangents)[0]
    for index, place in enumerate(problem.places):
        along = rng.standard_normal(unknowns(problem.inputs[place]))
        along /= max(np.max(np.abs(along), initial=0.0), 1e-300)
        truth = weights @ problem.difference(place, along, step)
        found = {"reverse": along @ vector(gradients[index])}
        if "forward" in modes:
            found["forward"] = weights @ pushed(problem, index, along)
        for mode in modes:
            where = f"a random direction in {problem.names[place]}"
            h = problem.step(place, step)
            yield Entry(mode, where, float(found[mode]), float(truth), h)


def pushed(problem: Problem, index: int, along: Vector) -> Vector:
    """The derivative along a direction in one input, by forward mode."""
    tangents = [
        like(point, along if i == index else np.zeros(unknowns(point)))
        for i, point in enumerate(problem.points)
    ]
    return joined(jvp(problem.value, [problem.points], [tangents])[1])


def report(wrong: Sequence[Entry], rtol: float, atol: float, most: int = 5) -> str:
    """The worst entries, a line each."""
    worst = sorted(wrong, key=lambda entry: -abs(entry.automatic - entry.difference))[:most]
    lines = [
        f"  {one.where}: {one.automatic:.10g} by {one.mode} mode, {one.difference:.10g} by finite "
        f"differences of step {one.step:.3g}"
        for one in worst
    ]
    more = [f"  and {len(wrong) - most} more"] if len(wrong) > most else []
    title = f"gradcheck: {len(wrong)} entries differ (rtol {rtol:.2g}, atol {atol:.2g}):"
    return "\n".join([title, *lines, *more])
