"""Sums, products, extremes, means and spreads along axes; the same without nan; running sums."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .. import array_api as xp
from ..core.tensor import Tensor
from ._dtypes import alike, floats, is_bool
from ._inputs import Axis, is_complex, is_floating, namespace, tensor


def axes_of(axis: Axis, ndim: int) -> tuple[int, ...]:
    """An `axis` argument as non-negative numbers; None is all of them."""
    if axis is None:
        return tuple(range(ndim))
    return tuple([one % ndim for one in ((axis,) if isinstance(axis, int) else axis)])


def as_lines(a: Tensor, axis: Axis, keepdims: bool) -> tuple[Tensor, tuple[int, ...]]:
    """The elements that are reduced together as the last axis, and the result's shape."""
    axes = axes_of(axis, a.ndim)
    stay = [i for i in range(a.ndim) if i not in axes]
    sides = tuple([a.shape[i] for i in stay])
    count = math.prod([a.shape[i] for i in axes])
    lines = xp.reshape(xp.permute_dims(a, (*stay, *axes)), (*sides, count))
    kept = tuple([1 if i in axes else side for i, side in enumerate(a.shape)])
    return lines, kept if keepdims else sides


# ---- sums and products


def sum(
    a: Any, axis: Axis = None, dtype: Any = None, *, keepdims: bool = False, initial: Any = None
) -> Tensor:
    """Sum along axes, and of `initial`."""
    out = xp.sum(_numbers(a), axis=axis, dtype=dtype, keepdims=keepdims)
    return out if initial is None else out + initial


def prod(
    a: Any, axis: Axis = None, dtype: Any = None, *, keepdims: bool = False, initial: Any = None
) -> Tensor:
    """Product along axes, and with `initial`."""
    out = xp.prod(_numbers(a), axis=axis, dtype=dtype, keepdims=keepdims)
    return out if initial is None else out * initial


def _numbers(a: Any) -> Tensor:
    """Truth values as the integers that NumPy counts them as."""
    a = tensor(a)
    return xp.astype(a, namespace(a).int64) if is_bool(a) else a


def cumsum(a: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    """Running sum along an axis; of all elements in order, if None."""
    a, axis = _flat_if_none(_numbers(a), axis)
    return xp.cumulative_sum(a, axis=axis, dtype=dtype)


def cumprod(a: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
    """Running product along an axis; of all elements in order, if None."""
    a, axis = _flat_if_none(_numbers(a), axis)
    return xp.cumulative_prod(a, axis=axis, dtype=dtype)


def _flat_if_none(a: Tensor, axis: int | None) -> tuple[Tensor, int]:
    return (xp.reshape(a, (-1,)), 0) if axis is None else (a, axis)


# ---- means and spreads


def mean(a: Any, axis: Axis = None, dtype: Any = None, *, keepdims: bool = False) -> Tensor:
    """Mean along axes."""
    return xp.mean(floats(a, dtype), axis=axis, keepdims=keepdims)


def var(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    mean: Any = None,
    correction: float | None = None,
) -> Tensor:
    """Variance along axes: the sum of squared deviations over n - ddof (or n - correction).

    `mean` saves computing it: that along the same axes, with keepdims.
    """
    ddof = _degrees("var", ddof, correction)
    a = floats(a, dtype)
    if mean is None:
        return xp.var(a, axis=axis, correction=ddof, keepdims=keepdims)
    squares = _sum_of_squares(a - tensor(mean, a), axis, keepdims)
    count = math.prod([a.shape[i] for i in axes_of(axis, a.ndim)])
    return squares / (count - ddof if count > ddof else 0.0)


def std(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    mean: Any = None,
    correction: float | None = None,
) -> Tensor:
    """Standard deviation along axes: the root of `var`."""
    ddof = _degrees("std", ddof, correction)
    if mean is None:
        return xp.std(floats(a, dtype), axis=axis, correction=ddof, keepdims=keepdims)
    return _root(var(a, axis, dtype, ddof=ddof, keepdims=keepdims, mean=mean))


def _degrees(where: str, ddof: float, correction: float | None) -> float:
    if correction is None:
        return ddof
    if ddof:
        raise ValueError(f"{where}: ddof and correction are two names of one number; give one")
    return correction


def _sum_of_squares(x: Tensor, axis: Axis, keepdims: bool) -> Tensor:
    squares = xp.real(x * xp.conj(x)) if is_complex(x) else x * x
    return xp.sum(squares, axis=axis, keepdims=keepdims)


def _root(squares: Tensor) -> Tensor:
    """The square root, with a gradient of 0 at 0: that of a constant's standard deviation."""
    flat = squares == 0
    return xp.where(flat, 0.0, xp.sqrt(xp.where(flat, 1.0, squares)))


# ---- extremes


def max(a: Any, axis: Axis = None, *, keepdims: bool = False, initial: Any = None) -> Tensor:
    """Largest element along axes, and of `initial`; the gradient is shared among equals."""
    return _extreme(xp.max, a, axis, keepdims, initial)


def min(a: Any, axis: Axis = None, *, keepdims: bool = False, initial: Any = None) -> Tensor:
    """Smallest element along axes, and of `initial`; the gradient is shared among equals."""
    return _extreme(xp.min, a, axis, keepdims, initial)


amax, amin = max, min


def _extreme(
    function: Callable[..., Tensor], a: Any, axis: Axis, keepdims: bool, initial: Any
) -> Tensor:
    if initial is None:
        return function(tensor(a), axis=axis, keepdims=keepdims)
    # One more element: so a tie with it is shared as any other, and there may be no other.
    a, initial = alike(a, initial)
    lines, shape = as_lines(a, axis, keepdims)
    more = xp.broadcast_to(initial, (*lines.shape[:-1], 1))
    return xp.reshape(function(xp.concat([more, lines], axis=-1), axis=-1), shape)


def ptp(a: Any, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
    """Largest less smallest element along axes."""
    return max(a, axis, keepdims=keepdims) - min(a, axis, keepdims=keepdims)


def argmax(a: Any, axis: int | None = None, *, keepdims: bool = False) -> Tensor:
    """Where the largest element along an axis is."""
    return xp.argmax(tensor(a), axis=axis, keepdims=keepdims)


def argmin(a: Any, axis: int | None = None, *, keepdims: bool = False) -> Tensor:
    """Where the smallest element along an axis is."""
    return xp.argmin(tensor(a), axis=axis, keepdims=keepdims)


# ---- without nan


def _without_nan(a: Any, fill: float) -> tuple[Tensor, Tensor]:
    """The array with a number in place of nan, and which elements are no nan."""
    a = tensor(a)
    good = xp.equal(a, a)
    return (xp.where(good, a, fill) if is_floating(a) else a), good


def nansum(
    a: Any, axis: Axis = None, dtype: Any = None, *, keepdims: bool = False, initial: Any = None
) -> Tensor:
    """Sum along axes, nan taken for 0."""
    return sum(_without_nan(a, 0.0)[0], axis, dtype, keepdims=keepdims, initial=initial)


def nanprod(
    a: Any, axis: Axis = None, dtype: Any = None, *, keepdims: bool = False, initial: Any = None
) -> Tensor:
    """Product along axes, nan taken for 1."""
    return prod(_without_nan(a, 1.0)[0], axis, dtype, keepdims=keepdims, initial=initial)


def nanmax(a: Any, axis: Axis = None, *, keepdims: bool = False, initial: Any = None) -> Tensor:
    """Largest element along axes that is no nan; nan where there is none."""
    return _extreme_without_nan(max, a, -math.inf, axis, keepdims, initial)


def nanmin(a: Any, axis: Axis = None, *, keepdims: bool = False, initial: Any = None) -> Tensor:
    """Smallest element along axes that is no nan; nan where there is none."""
    return _extreme_without_nan(min, a, math.inf, axis, keepdims, initial)


def _extreme_without_nan(
    function: Callable[..., Tensor], a: Any, fill: float, axis: Axis, keepdims: bool, initial: Any
) -> Tensor:
    filled, good = _without_nan(a, fill)
    out = function(filled, axis, keepdims=keepdims, initial=initial)
    if initial is not None or not is_floating(out):
        return out
    return xp.where(xp.any(good, axis=axis, keepdims=keepdims), out, math.nan)


def nanmean(a: Any, axis: Axis = None, dtype: Any = None, *, keepdims: bool = False) -> Tensor:
    """Mean along axes of the elements that are no nan."""
    filled, good = _without_nan(floats(a, dtype), 0.0)
    total = xp.sum(filled, axis=axis, keepdims=keepdims)
    return total / xp.sum(xp.astype(good, total.dtype), axis=axis, keepdims=keepdims)


def nanvar(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    mean: Any = None,
    correction: float | None = None,
) -> Tensor:
    """Variance along axes of the elements that are no nan; nan where there are ddof or fewer."""
    ddof = _degrees("nanvar", ddof, correction)
    filled, good = _without_nan(floats(a, dtype), 0.0)
    middle = nanmean(a, axis, dtype, keepdims=True) if mean is None else tensor(mean, filled)
    squares = _sum_of_squares(xp.where(good, filled - middle, 0.0), axis, keepdims)
    count = xp.sum(xp.astype(good, squares.dtype), axis=axis, keepdims=keepdims) - ddof
    enough = count > 0
    return xp.where(enough, squares / xp.where(enough, count, 1.0), math.nan)


def nanstd(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    mean: Any = None,
    correction: float | None = None,
) -> Tensor:
    """Standard deviation along axes of the elements that are no nan."""
    ddof = _degrees("nanstd", ddof, correction)
    return _root(nanvar(a, axis, dtype, ddof=ddof, keepdims=keepdims, mean=mean))


# ---- undoing a broadcast


def unbroadcast(x: Any, shape: tuple[int, ...]) -> Tensor:
    """Summed back to the shape that it was broadcast from."""
    x = tensor(x)
    try:
        fits = namespace(x).broadcast_shapes(x.shape, tuple(shape)) == x.shape
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"unbroadcast: {tuple(shape)} does not broadcast to {x.shape}")
    extra = x.ndim - len(shape)
    stretched = [extra + i for i, side in enumerate(shape) if side == 1 != x.shape[extra + i]]
    if extra or stretched:
        x = xp.sum(x, axis=(*range(extra), *stretched), keepdims=True)
    return xp.reshape(x, tuple(shape))
