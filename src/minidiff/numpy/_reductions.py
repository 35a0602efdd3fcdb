"""Sums, means, spreads and extremes along axes, and differences."""

from __future__ import annotations

import math
from typing import Any

from .. import array_api as xp
from ..core.tensor import Tensor
from ._inputs import Axis, is_complex, is_floating, namespace, tensor, tensors


def sum(a: Any, axis: Axis = None, dtype: Any = None, *, keepdims: bool = False) -> Tensor:
    """Sum along axes."""
    return xp.sum(_numbers(a), axis=axis, dtype=dtype, keepdims=keepdims)


def prod(a: Any, axis: Axis = None, dtype: Any = None, *, keepdims: bool = False) -> Tensor:
    """Product along axes."""
    return xp.prod(_numbers(a), axis=axis, dtype=dtype, keepdims=keepdims)


def _numbers(a: Any) -> Tensor:
    """Truth values as the integers that NumPy counts them as."""
    a = tensor(a)
    return xp.astype(a, xp.int64) if str(a.dtype).endswith("bool") else a


def _floats(a: Any, dtype: Any = None) -> Tensor:
    """In a floating dtype, as means and spreads need it."""
    a = tensor(a)
    if dtype is not None:
        return xp.astype(a, dtype)
    return a if is_floating(a) else xp.astype(a, xp.float64)


def mean(a: Any, axis: Axis = None, dtype: Any = None, *, keepdims: bool = False) -> Tensor:
    """Mean along axes."""
    return xp.mean(_floats(a, dtype), axis=axis, keepdims=keepdims)


def var(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    correction: float | None = None,
) -> Tensor:
    """Variance along axes: the sum of squared deviations over n - ddof (or n - correction)."""
    correction = _correction("var", ddof, correction)
    return xp.var(_floats(a, dtype), axis=axis, correction=correction, keepdims=keepdims)


def std(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    correction: float | None = None,
) -> Tensor:
    """Standard deviation along axes: the root of `var`."""
    correction = _correction("std", ddof, correction)
    return xp.std(_floats(a, dtype), axis=axis, correction=correction, keepdims=keepdims)


def _correction(where: str, ddof: float, correction: float | None) -> float:
    if correction is None:
        return ddof
    if ddof:
        raise ValueError(f"{where}: ddof and correction are two names of one number; give one")
    return correction


def max(a: Any, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
    """Largest element along axes; the gradient is shared among equals."""
    return xp.max(tensor(a), axis=axis, keepdims=keepdims)


def min(a: Any, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
    """Smallest element along axes; the gradient is shared among equals."""
    return xp.min(tensor(a), axis=axis, keepdims=keepdims)


amax, amin = max, min


def ptp(a: Any, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
    """Largest less smallest element along axes."""
    return max(a, axis, keepdims=keepdims) - min(a, axis, keepdims=keepdims)


def argmax(a: Any, axis: int | None = None, *, keepdims: bool = False) -> Tensor:
    """Where the largest element along an axis is."""
    return xp.argmax(tensor(a), axis=axis, keepdims=keepdims)


def argmin(a: Any, axis: int | None = None, *, keepdims: bool = False) -> Tensor:
    """Where the smallest element along an axis is."""
    return xp.argmin(tensor(a), axis=axis, keepdims=keepdims)


# ---- quantiles


def median(a: Any, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
    """The middle element in order, or the mean of the middle two; nan if any element is."""
    return quantile(a, 0.5, axis, keepdims=keepdims)


def percentile(a: Any, q: Any, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
    """`quantile` of q / 100."""
    return quantile(a, tensor(q, a) / 100.0, axis, keepdims=keepdims)


def quantile(a: Any, q: Any, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
    """The value below which a share q of the elements lies, linear between neighbours.

    The gradient goes to the neighbours; q is a constant. nan if any element is.
    """
    a = _floats(a)
    q = tensor(q, a).detach()
    if bool(xp.any(q < 0)) or bool(xp.any(q > 1)):
        raise ValueError("quantile: q lies between 0 and 1 (for percentile between 0 and 100)")
    lines, shape = _lines(a, axis, keepdims)
    count = lines.shape[-1]
    ordered = xp.sort(lines, axis=-1)
    place = q * (count - 1.0)
    below = xp.astype(xp.floor(place), xp.int64)
    above = xp.minimum(below + 1, xp.full_like(below, count - 1))
    weight = place - xp.astype(below, a.dtype)
    low, high = [xp.take(ordered, xp.reshape(one, (-1,)), axis=-1) for one in (below, above)]
    out = low + (high - low) * xp.reshape(weight, (-1,))
    bad = xp.any(xp.isnan(lines), axis=-1, keepdims=True)
    out = xp.moveaxis(xp.where(bad, math.nan, out), -1, 0)
    return xp.reshape(out, (*q.shape, *shape))


def _lines(a: Tensor, axis: Axis, keepdims: bool) -> tuple[Tensor, tuple[int, ...]]:
    """The elements that are reduced together as the last axis, and the result's shape."""
    axes = _axes(axis, a.ndim)
    stay = [i for i in range(a.ndim) if i not in axes]
    sides = tuple([a.shape[i] for i in stay])
    lines = xp.reshape(
        xp.permute_dims(a, (*stay, *axes)), (*sides, math.prod([a.shape[i] for i in axes]))
    )
    kept = tuple([1 if i in axes else side for i, side in enumerate(a.shape)])
    return lines, kept if keepdims else sides


def _axes(axis: Axis, ndim: int) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(ndim))
    return tuple([one % ndim for one in ((axis,) if isinstance(axis, int) else axis)])


# ---- without nan


def _without_nan(a: Any, fill: float) -> tuple[Tensor, Tensor]:
    """The array with a number in place of nan, and which elements are no nan."""
    a = tensor(a)
    if not is_floating(a):
        return a, xp.ones_like(a, dtype=xp.bool)
    good = xp.logical_not(xp.isnan(a))
    return xp.where(good, a, fill), good


def nansum(a: Any, axis: Axis = None, dtype: Any = None, *, keepdims: bool = False) -> Tensor:
    """Sum along axes, nan taken for 0."""
    return sum(_without_nan(a, 0.0)[0], axis, dtype, keepdims=keepdims)


def nanprod(a: Any, axis: Axis = None, dtype: Any = None, *, keepdims: bool = False) -> Tensor:
    """Product along axes, nan taken for 1."""
    return prod(_without_nan(a, 1.0)[0], axis, dtype, keepdims=keepdims)


def nanmax(a: Any, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
    """Largest element along axes that is no nan; nan where there is none."""
    filled, good = _without_nan(a, -math.inf)
    return _where_any(good, max(filled, axis, keepdims=keepdims), axis, keepdims)


def nanmin(a: Any, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
    """Smallest element along axes that is no nan; nan where there is none."""
    filled, good = _without_nan(a, math.inf)
    return _where_any(good, min(filled, axis, keepdims=keepdims), axis, keepdims)


def _where_any(good: Tensor, out: Tensor, axis: Axis, keepdims: bool) -> Tensor:
    if not is_floating(out):
        return out
    return xp.where(xp.any(good, axis=axis, keepdims=keepdims), out, math.nan)


def nanmean(a: Any, axis: Axis = None, dtype: Any = None, *, keepdims: bool = False) -> Tensor:
    """Mean along axes of the elements that are no nan."""
    filled, good = _without_nan(_floats(a, dtype), 0.0)
    return xp.sum(filled, axis=axis, keepdims=keepdims) / _count(good, filled, axis, keepdims)


def _count(good: Tensor, like: Tensor, axis: Axis, keepdims: bool) -> Tensor:
    real = xp.real(like) if is_complex(like) else like
    return xp.sum(xp.astype(good, real.dtype), axis=axis, keepdims=keepdims)


def nanvar(
    a: Any, axis: Axis = None, dtype: Any = None, *, ddof: float = 0, keepdims: bool = False
) -> Tensor:
    """Variance along axes of the elements that are no nan."""
    filled, good = _without_nan(_floats(a, dtype), 0.0)
    middle = nanmean(a, axis, dtype, keepdims=True)
    apart = xp.where(good, filled - middle, 0.0)
    squares = xp.real(apart * xp.conj(apart)) if is_complex(apart) else apart * apart
    count = _count(good, filled, axis, keepdims)
    return xp.sum(squares, axis=axis, keepdims=keepdims) / (count - ddof)


def nanstd(
    a: Any, axis: Axis = None, dtype: Any = None, *, ddof: float = 0, keepdims: bool = False
) -> Tensor:
    """Standard deviation along axes of the elements that are no nan."""
    squares = nanvar(a, axis, dtype, ddof=ddof, keepdims=keepdims)
    flat = squares == 0  # where the gradient is 0
    return xp.where(flat, 0.0, xp.sqrt(xp.where(flat, 1.0, squares)))


# ---- weighted means, covariances


def average(
    a: Any,
    axis: Axis = None,
    weights: Any = None,
    returned: bool = False,
    *,
    keepdims: bool = False,
) -> Any:
    """Mean along axes, weighted; with `returned` a pair of it and the sum of the weights."""
    if weights is None:
        a = _floats(a)
        out = xp.mean(a, axis=axis, keepdims=keepdims)
        total = xp.ones_like(out.detach()) * (a.size / _or_one(out.size))
        return (out, total) if returned else out
    a, weights = tensors(a, weights)
    if weights.shape != a.shape:
        if not isinstance(axis, int) or weights.shape != (a.shape[axis],):
            raise TypeError(
                f"average: weights of shape {weights.shape} fit neither the shape {a.shape} nor "
                f"axis {axis}"
            )
        ones = [1] * a.ndim
        ones[axis] = weights.shape[0]
        weights = xp.broadcast_to(xp.reshape(weights, tuple(ones)), a.shape)
    weights = _floats(weights)
    total = xp.sum(weights, axis=axis, keepdims=keepdims)
    out = xp.sum(a * weights, axis=axis, keepdims=keepdims) / total
    return (out, total) if returned else out


def _or_one(size: int) -> int:
    return size if size else 1


def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
) -> Tensor:
    """Covariance matrix of variables in rows (in columns, if not `rowvar`)."""
    rows = _variables(m, rowvar)
    if y is not None:
        rows = xp.concat([rows, _variables(y, rowvar)], axis=0)
    weights = None
    for given in (fweights, aweights):
        if given is not None:
            given = _floats(tensor(given, rows))
            weights = given if weights is None else weights * given
    ddof = (0 if bias else 1) if ddof is None else ddof
    if weights is None:
        total: Any = float(rows.shape[1])
        rows = rows - xp.mean(rows, axis=1, keepdims=True)
        factor, weighted = total - ddof, rows
    else:
        total = xp.sum(weights)
        rows = rows - xp.sum(rows * weights, axis=1, keepdims=True) / total
        weighted = rows * weights
        factor = total - ddof
        if aweights is not None and ddof:
            factor = total - ddof * xp.sum(weights * _floats(tensor(aweights, rows))) / total
    other = xp.matrix_transpose(weighted)
    out = xp.matmul(rows, xp.conj(other) if is_complex(rows) else other) / factor
    return xp.reshape(out, ()) if out.shape == (1, 1) else out


def _variables(m: Any, rowvar: bool) -> Tensor:
    m = _floats(m)
    if m.ndim > 2:
        raise ValueError(f"cov: a matrix is needed, and the shape is {m.shape}")
    if m.ndim < 2:
        return xp.reshape(m, (1, -1))
    return m if rowvar or m.shape[0] == 1 else xp.matrix_transpose(m)


def corrcoef(x: Any, y: Any = None, rowvar: bool = True) -> Tensor:
    """Correlation coefficients of variables in rows (in columns, if not `rowvar`)."""
    c = cov(x, y, rowvar)
    if c.ndim == 0:
        return c / c
    diagonal = xp.linalg.diagonal(c)
    scale = xp.sqrt(xp.real(diagonal) if is_complex(diagonal) else diagonal)
    return c / scale[:, None] / scale[None, :]


# ---- running sums and differences


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


def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Tensor:
    """Differences of neighbours along an axis, n times."""
    a = tensor(a)
    ends = []
    for end in (prepend, append):
        if end is not None:
            end = tensor(end, a)
            if end.ndim == 0:
                shape = [*a.shape]
                shape[axis] = 1
                end = xp.broadcast_to(end, tuple(shape))
        ends.append(end)
    return xp.diff(a, axis=axis, n=n, prepend=ends[0], append=ends[1])


def gradient(f: Any, *varargs: Any, axis: Axis = None, edge_order: int = 1) -> Any:
    """Derivatives along axes from samples, by central differences of second order.

    `varargs` are the distances of samples or their coordinates, one for all axes or one for each.
    """
    f = _floats(f)
    axes = _axes(axis, f.ndim)
    if len(varargs) not in (0, 1, len(axes)):
        raise TypeError(f"gradient: {len(axes)} axes need as many spacings, not {len(varargs)}")
    spacings = list(varargs) if varargs else [1.0]
    spacings = spacings * len(axes) if len(spacings) == 1 else spacings
    if edge_order not in (1, 2):
        raise ValueError(f"gradient: edge_order is 1 or 2, not {edge_order}")
    outs = [_slope(f, h, i, edge_order) for h, i in zip(spacings, axes, strict=True)]
    return outs[0] if len(outs) == 1 else tuple(outs)


def _slope(f: Tensor, spacing: Any, axis: int, edge_order: int) -> Tensor:
    count = f.shape[axis]
    if count < edge_order + 1:
        raise ValueError(f"gradient: along axis {axis} there have to be {edge_order + 1} samples")
    g = xp.moveaxis(f, axis, -1)
    spacing = tensor(spacing, f)
    h = xp.broadcast_to(spacing, (count - 1,)) if spacing.ndim == 0 else xp.diff(_floats(spacing))
    h = _floats(h)
    slopes = (g[..., 1:] - g[..., :-1]) / h
    inner = (slopes[..., :-1] * h[1:] + slopes[..., 1:] * h[:-1]) / (h[1:] + h[:-1])
    first, last = slopes[..., :1], slopes[..., -1:]
    if edge_order == 2:  # the slopes of the parabolas through the three samples at the ends
        bend = (slopes[..., 1:2] - first) / (h[0] + h[1])
        first = first - bend * h[0]
        bend = (last - slopes[..., -2:-1]) / (h[-1] + h[-2])
        last = last + bend * h[-1]
    return xp.moveaxis(xp.concat([first, inner, last], axis=-1), -1, axis)


def trapezoid(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1) -> Tensor:
    """The integral of samples along an axis, by the trapezoidal rule."""
    y = xp.moveaxis(_floats(y), axis, -1)
    width: Any = dx
    if x is not None:
        x = tensor(x, y)
        width = xp.diff(x if x.ndim == 1 else xp.moveaxis(x, axis, -1))
    return xp.sum(width * (y[..., 1:] + y[..., :-1]), axis=-1) / 2.0


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
