"""A tour of minidiff that checks itself: `python -m minidiff`.

It differentiates a function of two variables twice, fits two hard problems of regression with exact
gradients and Hessians, and lists the backends that it finds. It needs nothing but minidiff and
NumPy, and exits with 1 if a number is not what it should be.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np

from . import array_api as xp
from ._version import __version__
from .backends import available
from .core.tensor import Tensor

DIGITS_WANTED = 8


def grad_of(x: Tensor) -> Tensor:
    """Return the gradient that `backward` has left on a tensor."""
    if x.grad is None:
        raise AssertionError("backward() has left no gradient")
    return x.grad


# ------------------------------------------------------------------ a function of two variables


def two_variables() -> bool:
    """Differentiate f = 2 y sin(x) - x² twice, and compare with finite differences of f itself."""
    print("1. f(x, y) = 2 y sin(x) - x**2, first and second order\n")
    x = Tensor([[0, 2, -2, 1], [-1, -1, -2, -2]], allow_grad=True)
    y = Tensor([[2, 3, 4, 5], [0, -1, -3, 2]], allow_grad=True)

    f = 2 * y * xp.sin(x) - x**2
    f.backward(allow_higher_order=True)
    f_x, f_y = grad_of(x), grad_of(y)
    f_x.backward()
    found = {"df/dx": f_x, "df/dy": f_y, "d2f/dx2": grad_of(x), "d2f/dxdy": grad_of(y)}

    def plain(x: Any, y: Any) -> Any:
        return 2 * y * np.sin(x) - x**2

    by_x, by_y = slope(plain, 0), slope(plain, 1)
    expected = {"df/dx": by_x, "df/dy": by_y, "d2f/dx2": slope(by_x, 0), "d2f/dxdy": slope(by_x, 1)}

    good = True
    for name, tensor in found.items():
        truth = expected[name](x.as_numpy(), y.as_numpy())
        error = float(np.max(np.abs(tensor.as_numpy() - truth)))
        good &= error < 1e-9  # what the second differences' rounding allows, with room to spare
        row = "  ".join(f"{v:10.6f}" for v in tensor.as_numpy()[0])
        print(f"   {name:9}{row} ...   error {error:.0e}")
    return good


def slope(
    f: Callable[[Any, Any], Any], argument: int, h: float = 0.05
) -> Callable[[Any, Any], Any]:
    """Return ∂f/∂(x or y) by the central difference of order 8.

    The error left is h**8 / 630 of the ninth derivative, some 1e-13 here, so that the truth owes
    nothing to minidiff and still has more digits than the check asks for.
    """
    weights = (4 / 5, -1 / 5, 4 / 105, -1 / 280)

    def derivative(x: Any, y: Any) -> Any:
        total = 0.0
        for k, weight in enumerate(weights, start=1):
            dx, dy = (k * h, 0.0) if argument == 0 else (0.0, k * h)
            total = total + weight * (f(x + dx, y + dy) - f(x - dx, y - dy))
        return total / h

    return derivative


# ------------------------------------------------------------------------------- two hard fits


@dataclass(frozen=True)
class Problem:
    """One data set: the figures of its file, and the model that goes with it."""

    figures: dict[str, Any]
    model: Callable[[Tensor, Tensor], Tensor]

    def loss(self) -> Callable[[Tensor], Tensor]:
        """Return the residual sum of squares as a function of the parameters."""
        x, y = Tensor(self.figures["x"]), Tensor(self.figures["y"])

        def residual_sum_of_squares(b: Tensor) -> Tensor:
            residual = y - self.model(b, x)
            return xp.sum(residual * residual)

        return residual_sum_of_squares


def thurber(b: Tensor, x: Tensor) -> Tensor:
    """Cubic over cubic, seven parameters."""
    b1, b2, b3, b4, b5, b6, b7 = b
    return (b1 + b2 * x + b3 * x**2 + b4 * x**3) / (1 + b5 * x + b6 * x**2 + b7 * x**3)


def mgh10(b: Tensor, x: Tensor) -> Tensor:
    """Exponential, three parameters."""
    b1, b2, b3 = b
    return b1 * xp.exp(b2 / (x + b3))


def problems() -> list[Problem]:
    """Read the data sets that come with the package."""
    folder = resources.files(__package__) / "data"
    return [
        Problem(json.loads((folder / f"{model.__name__}.json").read_text("utf-8")), model)
        for model in (thurber, mgh10)
    ]


Point = np.ndarray[tuple[int], np.dtype[np.float64]]
Matrix = np.ndarray[tuple[int, int], np.dtype[np.float64]]


def second_order(loss: Callable[[Tensor], Tensor], point: Point) -> tuple[float, Point, Matrix]:
    """Return a function's value, gradient and Hessian at a point.

    The gradient is a Tensor with a history of its own. Walking back through it once for each of
    its elements gives the Hessian row by row.
    """
    b = Tensor(point, allow_grad=True)
    value = loss(b)
    value.backward(allow_higher_order=True)
    gradient = grad_of(b)
    rows = []
    for unit in np.eye(point.size):
        gradient.backward(Tensor(unit), cleanup_mode="keep")
        rows.append(grad_of(b).as_numpy())
    return value.item(), gradient.as_numpy(), np.stack(rows)


@dataclass(frozen=True)
class Fit:
    """Where a minimisation ended, and what it took."""

    point: Point
    value: float
    steps: int
    converged: bool


def minimise(loss: Callable[[Tensor], Tensor], start: Sequence[float], limit: int = 2000) -> Fit:
    """Minimise a function by Newton's method within a trust region.

    Each step minimises the quadratic that has the function's value, gradient and Hessian, in a ball
    whose radius grows while that quadratic foretells the function well and shrinks where it does
    not (Conn, Gould and Toint, Trust-Region Methods, 2000, chapter 6). Steps are measured relative
    to the parameters, because these differ by up to nine orders of magnitude.
    """
    point = np.asarray(start, dtype=np.float64)
    value, gradient, hessian = second_order(loss, point)
    radius = 0.5
    for steps in range(1, limit + 1):
        g, h = point * gradient, point[:, None] * hessian * point
        step = best_step(g, h, radius)
        length = float(np.linalg.norm(step))
        foretold = float(-(g @ step) - 0.5 * (step @ h @ step))
        trial = point * (1 + step)

        # Close to the minimum the decrease drowns in the rounding of the loss, long before the
        # gradient does. From there on Newton's step is taken on trust.
        if foretold <= 1e-13 * abs(value):
            if length < 1e-9 and length < 0.9 * radius:
                return Fit(trial, loss(Tensor(trial)).item(), steps, converged=True)
            agreement = 1.0
        else:
            agreement = (value - trial_value(loss, trial)) / foretold

        if agreement < 0.25:
            radius = 0.25 * length
        elif agreement > 0.75 and length > 0.9 * radius:
            radius = 2 * radius
        if agreement > 1e-4:
            point = trial
            value, gradient, hessian = second_order(loss, point)
    return Fit(point, value, limit, converged=False)


def trial_value(loss: Callable[[Tensor], Tensor], point: Point) -> float:
    """Return the loss, or infinity where a bold step has left the model's domain."""
    with np.errstate(all="ignore"):
        value = loss(Tensor(point)).item()
    return value if np.isfinite(value) else np.inf


def best_step(g: Point, h: Matrix, radius: float) -> Point:
    """Minimise g·p + p·h·p/2 over all p no longer than the radius.

    The answer is p = -(h + mu)⁻¹ g for the least mu ≥ 0 that makes h + mu positive and p short
    enough (Moré and Sorensen, 1983, doi:10.1137/0904038). With h's eigenvalues at hand, Newton's
    method on 1/radius - 1/|p(mu)| finds mu from the left in a few rounds.
    """
    eigenvalues, vectors = np.linalg.eigh(h)
    g = vectors.T @ g
    # Each element of p alone must be short enough: a lower bound that also makes h + mu positive.
    mu = max(0.0, float(np.max(np.abs(g) / radius - eigenvalues)))
    p = -g / (eigenvalues + mu)
    for _ in range(20):
        length = float(np.linalg.norm(p))
        if length <= 1.01 * radius:
            break
        mu += (length / radius - 1) * length**2 / float(p @ (p / (eigenvalues + mu)))
        p = -g / (eigenvalues + mu)
    step: Point = vectors @ p
    return step


def agreeing_digits(found: Any, certified: Any) -> Any:
    """Return -log10 of the relative error, at most 11: NIST certifies eleven digits."""
    with np.errstate(divide="ignore"):
        error = np.abs(np.asarray(found) / np.asarray(certified) - 1)
        return np.clip(-np.log10(error), 0, 11)


def fits() -> bool:
    """Fit both data sets from NIST's first starting point, and compare with what NIST certifies."""
    print("2. Two fits of the NIST Statistical Reference Datasets, from NIST's first start,")
    print("   by Newton's method with minidiff's gradient and Hessian")
    good = True
    for problem in problems():
        figures = problem.figures
        began = time.perf_counter()
        fit = minimise(problem.loss(), figures["starts"][0])
        seconds = time.perf_counter() - began
        digits = agreeing_digits(fit.point, figures["certified"])
        good &= fit.converged and bool(np.all(digits >= DIGITS_WANTED))

        print(f"\n   {figures['name']}: {figures['model']}")
        print(f"   {len(figures['x'])} observations, {fit.steps} steps, {seconds:.2f} s")
        print(f"   {'':4}{'start':>12}{'minidiff':>22}{'NIST certified':>22}{'digits':>9}")
        rows = zip(figures["starts"][0], fit.point, figures["certified"], digits, strict=True)
        for i, (start, found, certified, agreeing) in enumerate(rows, start=1):
            print(f"   b{i:<3}{start:12g}{found:22.10e}{certified:22.10e}{agreeing:9.1f}")
        certified = figures["residual_sum_of_squares"]
        agreeing = float(agreeing_digits(fit.value, certified))
        print(f"   {'RSS':4}{'':12}{fit.value:22.10e}{certified:22.10e}{agreeing:9.1f}")
    return good


# ------------------------------------------------------------------------- backends and devices


def backends() -> bool:
    """List the backends and their devices, and compute on each device found."""
    print("3. Backends and devices\n")
    good = True
    for name, devices in available():
        print(f"   {name:9}{', '.join(devices) if devices else 'no device found'}")
        for device in devices:
            x = Tensor([1.0, 2.0, 3.0], allow_grad=True, device=device)
            xp.sum(x * x).backward()
            good &= grad_of(x).as_numpy().tolist() == [2.0, 4.0, 6.0]
    return good


def main() -> int:
    """Run the tour. The result is the exit status: 0, or 1 if a check failed."""
    print(f"minidiff {__version__}, NumPy {np.__version__}\n")
    failed = []
    for part in (two_variables, fits, backends):
        if not part():
            failed.append(part.__name__)
        print()
    print(f"FAILED: {', '.join(failed)}" if failed else "All checks passed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
