"""Objectives for `scipy.optimize`: values, gradients and products with the Hessian of a function.

SciPy's optimisers work on one vector of float64; the parameters of a function may be any nested
container of tensors. SciPy itself is not needed here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ._calls import as_tensor
from .core.trees import leaves_of, with_leaves
from .functional import grad, hvp, jacobian, value_and_grad

__all__ = ["Objective", "residuals", "scipy_objective"]

Vector = Any  # a NumPy array of float64 with one axis


class Objective:
    """A function of a vector that returns its value and its gradient: what `jac=True` asks for.

    Attributes
    ----------
    x0 : numpy.ndarray
        The starting point as a vector.

    Examples
    --------
    >>> import minidiff as md
    >>> from minidiff.optimize import scipy_objective
    >>> start = {"a": md.asarray([1.0, 2.0]), "b": 0.5}
    >>> f = scipy_objective(lambda p: md.sum((p["a"] - 3.0) ** 2) + p["b"] ** 2, start)
    >>> value, gradient = f(f.x0)
    >>> value, gradient.tolist()
    (5.25, [-4.0, -2.0, 1.0])
    >>> f.hessp(f.x0, [1.0, 0.0, 0.0]).tolist()
    [2.0, 0.0, 0.0]
    """

    def __init__(self, f: Callable[..., Any], parameters: Any, args: tuple[Any, ...] = ()):
        self._f = f
        self._args = args
        self._tree = parameters
        self._leaves = [as_tensor("scipy_objective", leaf) for leaf in leaves_of(parameters)]
        self.x0 = flat(self._leaves)

    def parameters(self, x: Vector) -> Any:
        """A vector as the function's parameters, in their containers, dtypes and libraries."""
        return with_leaves(self._tree, parts_of(x, self._leaves))

    def __call__(self, x: Vector, *args: Any) -> tuple[float, Vector]:
        """The value and the gradient: for `minimize(..., jac=True)`."""
        value, gradient = value_and_grad(self._f)(self.parameters(x), *self._args, *args)
        return float(value), flat(leaves_of(gradient))

    def value(self, x: Vector, *args: Any) -> float:
        """The value alone."""
        return float(self._f(self.parameters(x), *self._args, *args))

    def gradient(self, x: Vector, *args: Any) -> Vector:
        """The gradient alone."""
        return flat(leaves_of(grad(self._f)(self.parameters(x), *self._args, *args)))

    def hessp(self, x: Vector, p: Vector, *args: Any) -> Vector:
        """The product of the Hessian with a direction: for `minimize(..., hessp=...)`."""

        def f(parameters: Any) -> Any:
            return self._f(parameters, *self._args, *args)

        product = hvp(f, [self.parameters(x)], [self.parameters(p)])
        return flat(leaves_of(product))


def scipy_objective(
    f: Callable[..., Any], parameters: Any, args: tuple[Any, ...] = ()
) -> Objective:
    """A function for `scipy.optimize.minimize(..., jac=True)`.

    Parameters
    ----------
    f : callable
        Takes the parameters, then `args`; returns one real number.
    parameters : tensor, array, number or a nested container of them
        Where to start: `x0` is this as a vector.
    args : tuple
        Further arguments, which are not optimised.

    Returns
    -------
    Objective
        Called with a vector it gives (value, gradient); it has `x0`, `hessp`, and `parameters(x)`,
        which gives a vector back in the form of the parameters.

    Raises
    ------
    TypeError
        If a parameter is no number or is complex; when called, if `f` returns no real number.
    """
    for leaf in leaves_of(parameters):
        tensor = as_tensor("scipy_objective", leaf)
        if tensor._backend.is_complex(tensor.dtype):
            raise TypeError(
                "scipy_objective: SciPy optimises real numbers; take real and imaginary parts as "
                "parameters"
            )
    return Objective(f, parameters, args)


class Residuals:
    """A function of a vector that returns residuals, and its Jacobian: for `least_squares`."""

    def __init__(self, f: Callable[..., Any], parameters: Any, args: tuple[Any, ...] = ()):
        self._objective = scipy_objective(f, parameters, args)
        self._f, self._args = f, args
        self.x0 = self._objective.x0
        self.parameters = self._objective.parameters

    def __call__(self, x: Vector) -> Vector:
        """The residuals."""
        return flat(leaves_of(self._f(self.parameters(x), *self._args)))

    def jac(self, x: Vector) -> Vector:
        """Their derivatives, a row for each residual: for `least_squares(..., jac=...)`."""
        import numpy as np

        found = jacobian(self._f)(self.parameters(x), *self._args)
        rows = []
        for out in children_by_result(found, len(leaves_of(self.parameters(x)))):
            blocks = [
                block.as_numpy().reshape(-1, leaf.size)
                for block, leaf in zip(out, leaves_of(self.parameters(x)), strict=True)
            ]
            rows.append(np.concatenate(blocks, axis=1))
        return np.concatenate(rows, axis=0)


def residuals(f: Callable[..., Any], parameters: Any, args: tuple[Any, ...] = ()) -> Residuals:
    """Residuals and their Jacobian for `scipy.optimize.least_squares(r, r.x0, jac=r.jac)`.

    Parameters
    ----------
    f : callable
        Takes the parameters, then `args`; returns a tensor of residuals, or a container of some.
    parameters, args
        As for `scipy_objective`.

    Examples
    --------
    >>> import minidiff as md
    >>> from minidiff.optimize import residuals
    >>> t = md.asarray([0.0, 1.0, 2.0])
    >>> r = residuals(lambda p: p[0] * md.exp(p[1] * t) - 1.0, [2.0, 0.0])
    >>> r(r.x0).tolist(), r.jac(r.x0).tolist()
    ([1.0, 1.0, 1.0], [[1.0, 0.0], [1.0, 2.0], [1.0, 4.0]])
    """
    return Residuals(f, parameters, args)


def children_by_result(jacobians: Any, inputs: int) -> list[list[Any]]:
    """For each result the blocks of its Jacobian, one for each input."""
    leaves = leaves_of(jacobians)
    return [leaves[i : i + inputs] for i in range(0, len(leaves), inputs)]


def flat(tensors: list[Any]) -> Vector:
    """Tensors as one vector of float64."""
    import numpy as np

    parts = [one.detach().as_numpy().reshape(-1) for one in tensors]
    return np.concatenate([np.zeros(0), *parts]).astype(np.float64)


def parts_of(x: Vector, like: list[Any]) -> list[Any]:
    """A vector in pieces, each in the space of a tensor."""
    import numpy as np

    x = np.asarray(x, dtype=np.float64)
    needed = sum(math.prod(one.shape) for one in like)
    if x.shape != (needed,):
        raise ValueError(f"scipy_objective: a vector of {needed} numbers is needed, not {x.shape}")
    parts, start = [], 0
    for one in like:
        piece = x[start : start + one.size].reshape(one.shape)
        start += one.size
        xp = one._backend.tensors
        parts.append(xp.asarray(piece.tolist(), dtype=one.dtype, device=one.device))
    return parts
