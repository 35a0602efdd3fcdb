"""Objectives for `scipy.optimize`: values, gradients and products with the Hessian of a function.

SciPy's optimisers work on one vector of float64; the parameters of a function may be any nested
container of tensors. SciPy itself is not needed here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ._calls import floating, from_plain, one_real_number
from .backends import ingest
from .core.tensor import Tensor, wrap
from .core.trees import leaves_of, with_leaves
from .functional import grad, hessian, hvp, jacobian, value_and_grad

__all__ = ["Objective", "Residuals", "residuals", "scipy_objective"]

Vector = Any  # a NumPy array of float64 with one axis


class OfVector:
    """A function of parameters as one of a vector.

    Attributes
    ----------
    x0 : numpy.ndarray or None
        The starting point as a vector, where one was given.
    """

    _where = "scipy_objective"

    def __init__(self, f: Callable[..., Any], parameters: Any = None, args: tuple[Any, ...] = ()):
        self._f = f
        self._args = args
        self._tree = parameters
        self._leaves = [floating(self._where, leaf) for leaf in leaves_of(parameters)]
        for leaf in self._leaves:
            if leaf._backend.is_complex(leaf.dtype):
                raise TypeError(
                    f"{self._where}: SciPy optimises real numbers; take real and imaginary parts "
                    "as parameters"
                )
        self.x0 = None if parameters is None else flat(self._leaves)

    def parameters(self, x: Vector) -> Any:
        """A vector as the function's parameters, in their containers, dtypes and libraries."""
        vector = np.asarray(x, dtype=np.float64)
        if self._tree is None:
            return wrap(*ingest(vector, None, None, copy=True))
        needed = sum(math.prod(one.shape) for one in self._leaves)
        if vector.shape != (needed,):
            raise ValueError(
                f"{self._where}: a vector of {needed} numbers is needed, not {vector.shape}"
            )
        parts, start = [], 0
        for one in self._leaves:
            part = vector[start : start + one.size].reshape(one.shape)
            start += one.size
            home = one._backend
            parts.append(wrap(*ingest(part, one.dtype, one.device, copy=True, home=home)))
        return with_leaves(self._tree, parts)


class Objective(OfVector):
    """A function of a vector that returns its value and its gradient: what `jac=True` asks for.

    Attributes
    ----------
    x0 : numpy.ndarray or None
        The starting point as a vector, where one was given.

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

    def __call__(self, x: Vector, *args: Any) -> tuple[float, Vector]:
        """The value and the gradient: for `minimize(..., jac=True)`."""
        value, gradient = value_and_grad(self._f)(self.parameters(x), *self._args, *args)
        return float(value), flat(leaves_of(gradient))

    def value(self, x: Vector, *args: Any) -> float:
        """The value alone."""
        value = self._f(self.parameters(x), *self._args, *args)
        return float(one_real_number([value]) if type(value) is Tensor else value)

    def gradient(self, x: Vector, *args: Any) -> Vector:
        """The gradient alone."""
        return flat(leaves_of(grad(self._f)(self.parameters(x), *self._args, *args)))

    def hessp(self, x: Vector, p: Vector, *args: Any) -> Vector:
        """The product of the Hessian with a direction: for `minimize(..., hessp=...)`."""
        primals = [self.parameters(x), *self._args, *args]
        return flat(leaves_of(hvp(self._f, primals, [self.parameters(p)], 0)))

    def hess(self, x: Vector, *args: Any) -> Vector:
        """The Hessian, a square matrix: for `minimize(..., hess=...)`."""
        parameters = self.parameters(x)
        sizes = [one.size for one in leaves_of(parameters)]
        found = hessian(self._f)(parameters, *self._args, *args)
        return matrix(leaves_of(found), sizes, sizes)


def scipy_objective(
    f: Callable[..., Any], parameters: Any = None, args: tuple[Any, ...] = ()
) -> Objective:
    """A function for `scipy.optimize.minimize(..., jac=True)`.

    Parameters
    ----------
    f : callable
        Takes the parameters, then `args`; returns one real number.
    parameters : tensor, array, number or a nested container of them, optional
        Where to start: `x0` is this as a vector. Without it `f` takes the vector itself.
    args : tuple
        Further arguments, which are not optimised; those that SciPy passes come after them.

    Returns
    -------
    Objective
        Called with a vector it gives (value, gradient); it has `x0`, `hessp`, `hess`, and
        `parameters(x)`, which gives a vector back in the form of the parameters.

    Raises
    ------
    TypeError
        If a parameter is no number or is complex; when called, if `f` returns no real number.
    ValueError
        When called: if the vector has another length than the parameters.

    Examples
    --------
    >>> import minidiff as md
    >>> from minidiff.optimize import scipy_objective
    >>> value, gradient = scipy_objective(lambda x: md.sum(x**2))([1.0, 2.0])
    >>> value, gradient.tolist()
    (5.0, [2.0, 4.0])
    """
    return Objective(f, parameters, args)


class Residuals(OfVector):
    """A function of a vector that returns residuals, and its Jacobian: for `least_squares`.

    Attributes
    ----------
    x0 : numpy.ndarray or None
        The starting point as a vector, where one was given.
    """

    _where = "residuals"

    def __call__(self, x: Vector, *args: Any, **kwargs: Any) -> Vector:
        """The residuals."""
        found = leaves_of(self._f(self.parameters(x), *self._args, *args, **kwargs))
        return flat([self._real(one) for one in found])

    def _real(self, value: Any) -> Any:
        """A residual as a tensor; a constant one may be a number or an array."""
        if type(value) is not Tensor:
            value = from_plain(self._where, "a residual", value)
        if value._backend.is_complex(value.dtype):
            raise TypeError(
                f"{self._where}: SciPy squares real numbers; return real and imaginary parts"
            )
        home = value._backend
        if not home.is_floating(value.dtype):
            value = home.tensors.astype(value, home.default_float())
        return value

    def jac(self, x: Vector, *args: Any, **kwargs: Any) -> Vector:
        """Their derivatives, a row for each residual: for `least_squares(..., jac=...)`."""

        def twice(parameters: Any, *rest: Any, **kwargs: Any) -> Any:
            value = self._f(parameters, *rest, **kwargs)
            value = with_leaves(value, [self._real(one) for one in leaves_of(value)])
            return value, value

        parameters = self.parameters(x)
        columns = [one.size for one in leaves_of(parameters)]
        found, value = jacobian(twice, has_aux=True)(parameters, *self._args, *args, **kwargs)
        return matrix(leaves_of(found), [out.size for out in leaves_of(value)], columns)


def residuals(
    f: Callable[..., Any], parameters: Any = None, args: tuple[Any, ...] = ()
) -> Residuals:
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


def flat(tensors: list[Any]) -> Vector:
    """Tensors as one vector of float64."""
    parts = [one.detach().as_numpy().reshape(-1) for one in tensors]
    return np.concatenate([np.zeros(0), *parts]).astype(np.float64)


def matrix(blocks: list[Any], heights: list[int], widths: list[int]) -> Vector:
    """Blocks of derivatives, row by row, as one matrix of float64."""
    each, rows = iter(blocks), []
    for height in heights:
        row = [next(each).as_numpy().reshape(height, width) for width in widths]
        rows.append(np.concatenate([np.zeros((height, 0)), *row], axis=1))
    return np.concatenate([np.zeros((0, sum(widths))), *rows])
