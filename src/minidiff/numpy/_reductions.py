"""Sums, products, extremes, means and spreads along axes; truth of all or any; running sums.

Where a mask is given (`where`), what stands in place of an element that it leaves out changes
nothing: 0 in a sum, -inf for the largest.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable
from typing import Any

from .. import array_api as xp
from ..core.tensor import Tensor
from ._axes import as_shape, axes_of, flat_if_none, normalize_axis, reduced_axis
from ._dtypes import as_dtype, complex_like, dtype_for, floats, is_bool
from ._inputs import into, is_complex, is_floating, namespace, tensor

__all__ = [
    "all",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "as_lines",
    "count_nonzero",
    "cumprod",
    "cumsum",
    "cumulative_prod",
    "cumulative_sum",
    "degrees_of",
    "elements",
    "left_in",
    "max",
    "mean",
    "min",
    "prod",
    "ptp",
    "root_of",
    "squares_of",
    "std",
    "sum",
    "unbroadcast",
    "var",
]


def as_lines(a: Tensor, axis: Any, keepdims: bool = False) -> tuple[Tensor, tuple[int, ...]]:
    """The elements that are reduced together as the last axis, and the result's shape."""
    axes = axes_of(axis, a.ndim)
    stay = [i for i in range(a.ndim) if i not in axes]
    sides = tuple([a.shape[i] for i in stay])
    count = math.prod([a.shape[i] for i in axes])
    lines = xp.reshape(xp.permute_dims(a, (*stay, *axes)), (*sides, count))
    kept = tuple([1 if i in axes else side for i, side in enumerate(a.shape)])
    return lines, kept if keepdims else sides


# ---- masks


def left_in(a: Tensor, where: Any, fill: float) -> Tensor:
    """The elements that a mask leaves in, and in place of the others a number."""
    if where is None or where is True:
        return a
    mask = tensor(where, a)
    if is_bool(a):
        fill = fill > 0
    elif math.isinf(fill) and not is_floating(a):
        limits = namespace(a).iinfo(a.dtype)
        fill = limits.min if fill < 0 else limits.max
    return xp.where(mask, a, fill)


def elements(a: Tensor, axis: Any, keepdims: bool, where: Any) -> Any:
    """How many elements are reduced together: a Tensor where a mask leaves some out."""
    if where is None or where is True:
        return math.prod([a.shape[i] for i in axes_of(axis, a.ndim)])
    mask = xp.broadcast_to(tensor(where, a), a.shape)
    count = xp.count_nonzero(mask, axis=axis, keepdims=keepdims)
    return xp.astype(count, xp.real(a).dtype if is_complex(a) else a.dtype)


# ---- sums and products


def sum(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = None,
) -> Tensor:
    """Sum along axes, and of `initial`."""
    a = left_in(_numbers(a), where, 0)
    axis, dtype = reduced_axis(axis, a.ndim), dtype_for(dtype, a)
    total = xp.sum(a, axis=axis, dtype=dtype, keepdims=keepdims)
    return into(out, total if initial is None else total + _of_dtype(initial, total))


def prod(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = None,
) -> Tensor:
    """Product along axes, and with `initial`."""
    a = left_in(_numbers(a), where, 1)
    axis, dtype = reduced_axis(axis, a.ndim), dtype_for(dtype, a)
    total = xp.prod(a, axis=axis, dtype=dtype, keepdims=keepdims)
    return into(out, total if initial is None else total * _of_dtype(initial, total))


def _numbers(a: Any) -> Tensor:
    """Truth values as the integers that NumPy counts them as."""
    a = tensor(a)
    return xp.astype(a, namespace(a).int64) if is_bool(a) else a


def _of_dtype(initial: Any, like: Tensor) -> Tensor:
    return as_dtype(tensor(initial, like), like.dtype)


def cumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Tensor:
    """Running sum along an axis; of all elements in order, if None."""
    a, axis = _line(a, axis)
    return into(out, xp.cumulative_sum(a, axis=axis, dtype=dtype_for(dtype, a)))


def cumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Tensor:
    """Running product along an axis; of all elements in order, if None."""
    a, axis = _line(a, axis)
    return into(out, xp.cumulative_prod(a, axis=axis, dtype=dtype_for(dtype, a)))


def _line(a: Any, axis: Any) -> tuple[Tensor, int]:
    a = _numbers(a)
    return flat_if_none(a if a.ndim else xp.reshape(a, (1,)), axis)


def cumulative_sum(
    x: Any,
    /,
    *,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    include_initial: bool = False,
) -> Tensor:
    """Running sum along the axis, or along that which is given; from 0 on with the initial one."""
    x, axis = _only_axis(x, axis)
    dtype = dtype_for(dtype, x)
    found = xp.cumulative_sum(x, axis=axis, dtype=dtype, include_initial=include_initial)
    return into(out, found)


def cumulative_prod(
    x: Any,
    /,
    *,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    include_initial: bool = False,
) -> Tensor:
    """Running product along the axis, or along that which is given; from 1 on with the initial."""
    x, axis = _only_axis(x, axis)
    dtype = dtype_for(dtype, x)
    found = xp.cumulative_prod(x, axis=axis, dtype=dtype, include_initial=include_initial)
    return into(out, found)


def _only_axis(x: Any, axis: Any) -> tuple[Tensor, int]:
    x = _numbers(x)
    if axis is None and x.ndim != 1:
        raise ValueError(f"cumulative_sum and cumulative_prod need axis= for {x.ndim} axes")
    return x, normalize_axis(0 if axis is None else axis, x.ndim)


# ---- truth


def all(
    a: Any, axis: Any = None, out: Any = None, keepdims: bool = False, *, where: Any = None
) -> Tensor:
    """Whether all elements along axes are true."""
    a = left_in(tensor(a), where, 1)
    return into(out, xp.all(a, axis=reduced_axis(axis, a.ndim), keepdims=keepdims))


def any(
    a: Any, axis: Any = None, out: Any = None, keepdims: bool = False, *, where: Any = None
) -> Tensor:
    """Whether any element along axes is true."""
    a = left_in(tensor(a), where, 0)
    return into(out, xp.any(a, axis=reduced_axis(axis, a.ndim), keepdims=keepdims))


def count_nonzero(a: Any, axis: Any = None, *, keepdims: bool = False) -> Tensor:
    """How many elements along axes are not 0; a Tensor also where NumPy gives an int."""
    a = tensor(a)
    return xp.count_nonzero(a, axis=reduced_axis(axis, a.ndim), keepdims=keepdims)


# ---- means and spreads


def mean(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    *,
    where: Any = None,
) -> Tensor:
    """Mean along axes."""
    a = floats(a, dtype)
    axis = normalize_axis(axis, a.ndim)
    if where is None or where is True:
        return into(out, xp.mean(a, axis=axis, keepdims=keepdims))
    total = xp.sum(left_in(a, where, 0), axis=axis, keepdims=keepdims)
    return into(out, total / elements(a, axis, keepdims, where))


def var(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: Any = None,
    mean: Any = None,
    correction: float | None = None,
) -> Tensor:
    """Variance along axes: the sum of squared deviations over n - ddof (or n - correction).

    `mean` saves computing it: that along the same axes, with keepdims.
    """
    ddof = degrees_of("var", ddof, correction)
    return into(out, _variance(_in_precision(a, dtype), axis, ddof, keepdims, where, mean))


def std(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: Any = None,
    mean: Any = None,
    correction: float | None = None,
) -> Tensor:
    """Standard deviation along axes: the root of `var`."""
    ddof = degrees_of("std", ddof, correction)
    a = _in_precision(a, dtype)
    if mean is None and (where is None or where is True) and not is_complex(a):
        axis = normalize_axis(axis, a.ndim)
        return into(out, xp.std(a, axis=axis, correction=ddof, keepdims=keepdims))
    return into(out, root_of(_variance(a, axis, ddof, keepdims, where, mean)))


def _in_precision(a: Any, dtype: Any) -> Tensor:
    """In the floating dtype that is asked for, of complex numbers their parts."""
    a = tensor(a)
    return floats(a, None if dtype is None else complex_like(dtype_for(dtype, a), a))


def _variance(a: Tensor, axis: Any, ddof: float, keepdims: bool, where: Any, mean: Any) -> Tensor:
    axis = normalize_axis(axis, a.ndim)
    whole = where is None or where is True
    if mean is None and whole and not is_complex(a):  # which the standard does not know
        return xp.var(a, axis=axis, correction=ddof, keepdims=keepdims)
    if mean is None:
        total = xp.sum(left_in(a, where, 0), axis=axis, keepdims=True)
        mean = total / elements(a, axis, True, where)
    deviations = left_in(a - tensor(mean, a), where, 0)
    squares = xp.sum(squares_of(deviations), axis=axis, keepdims=keepdims)
    count = elements(a, axis, keepdims, where) - ddof
    return squares / (xp.maximum(count, 0.0) if type(count) is Tensor else builtins.max(count, 0.0))


def degrees_of(where: str, ddof: float, correction: float | None) -> float:
    if correction is None:
        return ddof
    if ddof:
        raise ValueError(f"{where}: ddof and correction are two names of one number; give one")
    return correction


def squares_of(x: Tensor) -> Tensor:
    """The squares of magnitudes."""
    return xp.real(x * xp.conj(x)) if is_complex(x) else x * x


def root_of(squares: Tensor) -> Tensor:
    """The square root, with a gradient of 0 at 0: that of a constant's standard deviation."""
    flat = squares == 0
    return xp.where(flat, 0.0, xp.sqrt(xp.where(flat, 1.0, squares)))


# ---- extremes


def max(
    a: Any,
    axis: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = None,
) -> Tensor:
    """Largest element along axes, and of `initial`; the gradient is shared among equals."""
    return into(out, _extreme("max", a, axis, keepdims, initial, where))


def min(
    a: Any,
    axis: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = None,
) -> Tensor:
    """Smallest element along axes, and of `initial`; the gradient is shared among equals."""
    return into(out, _extreme("min", a, axis, keepdims, initial, where))


amax, amin = max, min


def _extreme(name: str, a: Any, axis: Any, keepdims: bool, initial: Any, where: Any) -> Tensor:
    function: Callable[..., Tensor] = xp.max if name == "max" else xp.min
    a = tensor(a, initial)
    axis = reduced_axis(axis, a.ndim)
    if initial is None:
        if where is not None and where is not True:
            raise ValueError(f"{name}: where a mask may leave nothing in, give initial")
        return function(a, axis=axis, keepdims=keepdims)
    # One more element: so a tie with it is shared as any other, and there may be no other.
    lines, shape = as_lines(
        left_in(a, where, -math.inf if name == "max" else math.inf), axis, keepdims
    )
    more = xp.broadcast_to(_of_dtype(initial, a), (*lines.shape[:-1], 1))
    return xp.reshape(function(xp.concat([more, lines], axis=-1), axis=-1), shape)


def ptp(a: Any, axis: Any = None, out: Any = None, keepdims: bool = False) -> Tensor:
    """Largest less smallest element along axes."""
    return into(out, max(a, axis, keepdims=keepdims) - min(a, axis, keepdims=keepdims))


def argmax(a: Any, axis: Any = None, out: Any = None, *, keepdims: bool = False) -> Tensor:
    """Where the largest element along an axis is."""
    a = tensor(a)
    return into(out, xp.argmax(a, axis=reduced_axis(axis, a.ndim), keepdims=keepdims))


def argmin(a: Any, axis: Any = None, out: Any = None, *, keepdims: bool = False) -> Tensor:
    """Where the smallest element along an axis is."""
    a = tensor(a)
    return into(out, xp.argmin(a, axis=reduced_axis(axis, a.ndim), keepdims=keepdims))


# ---- undoing a broadcast


def unbroadcast(x: Any, shape: Any) -> Tensor:
    """Summed back to the shape that it was broadcast from."""
    x, shape = tensor(x), as_shape(shape)
    try:
        fits = namespace(x).broadcast_shapes(x.shape, shape) == x.shape
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"unbroadcast: {shape} does not broadcast to {x.shape}")
    extra = x.ndim - len(shape)
    stretched = [extra + i for i, side in enumerate(shape) if side == 1 != x.shape[extra + i]]
    if extra or stretched:
        x = xp.sum(x, axis=(*range(extra), *stretched), keepdims=True)
    return xp.reshape(x, shape)
