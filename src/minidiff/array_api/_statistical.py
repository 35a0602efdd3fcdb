"""Sums, products, extremes and spreads."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ..core.words import differentiable, linear
from ._helpers import (
    anywhere,
    axes_of,
    count_along,
    flat_axes,
    is_complex,
    keep_axes,
    spread,
    unflat_axes,
)

if TYPE_CHECKING:
    from ..core.tensor import Tensor

Axis = int | tuple[int, ...] | None


@linear(x=lambda xp, g, x_shape, axis, keepdims: spread(xp, g, x_shape, axis, keepdims))
def sum(
    xp: Any, x: Tensor, /, *, axis: Axis = None, dtype: Any | None = None, keepdims: bool = False
) -> Tensor:
    """Sum over axes."""
    ...


def mean_x(xp: Any, g: Any, x_shape: tuple[int, ...], axis: Axis, keepdims: bool) -> Any:
    return spread(xp, g / float(count_along(x_shape, axis)), x_shape, axis, keepdims)


@linear(x=mean_x)
def mean(xp: Any, x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Mean over axes."""
    ...


# ---- extremes


def extreme_x(xp: Any, g: Any, x: Any, out: Any, axis: Axis, keepdims: bool) -> Any:
    g = keep_axes(xp, g, x.shape, axis, keepdims)
    won = x == keep_axes(xp, out, x.shape, axis, keepdims)
    ones = xp.astype(won, x.dtype)
    share = g / xp.sum(ones, axis=axis, keepdims=True)
    if not anywhere(xp, ~xp.isfinite(share)):
        return ones * share  # quicker than a choice
    # Where there is a nan, it is the extreme; and 0 to the others, whatever g is.
    won = won | xp.isnan(x)
    share = g / xp.sum(xp.astype(won, x.dtype), axis=axis, keepdims=True)
    return xp.where(won, share, 0)


def extreme_jvp(xp: Any, dx: Any, x: Any, out: Any, axis: Axis, keepdims: bool) -> Any:
    won = (x == keep_axes(xp, out, x.shape, axis, keepdims)) | xp.isnan(x)
    total = xp.sum(xp.where(won, dx, 0), axis=axis, keepdims=keepdims)
    return total / xp.sum(xp.astype(won, x.dtype), axis=axis, keepdims=keepdims)


@differentiable(x=extreme_x, jvp=extreme_jvp)
def max(xp: Any, x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Largest element along axes; the gradient is shared among equals."""
    ...


@differentiable(x=extreme_x, jvp=extreme_jvp)
def min(xp: Any, x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Smallest element along axes; the gradient is shared among equals."""
    ...


# ---- spreads


def deviation(xp: Any, x: Any, axis: Axis) -> Any:
    if count_along(x.shape, axis) == 0:
        return x  # of nothing there is no mean
    return x - xp.mean(x, axis=axis, keepdims=True)


def degrees(x: Any, axis: Axis, correction: float) -> float:
    """What the sum of squares is divided by; where that is 0, so does the function itself."""
    count = count_along(x.shape, axis) - correction
    return float(count) if count > 0 else 0.0


def var_x(xp: Any, g: Any, x: Any, axis: Axis, correction: float, keepdims: bool) -> Any:
    share = 2 * deviation(xp, x, axis) / degrees(x, axis, correction)
    return share * keep_axes(xp, g, x.shape, axis, keepdims)


def var_jvp(xp: Any, dx: Any, x: Any, axis: Axis, correction: float, keepdims: bool) -> Any:
    share = conj_if_complex(xp, 2 * deviation(xp, x, axis)) * dx
    return xp.sum(share, axis=axis, keepdims=keepdims) / degrees(x, axis, correction)


@differentiable(x=var_x, jvp=var_jvp)
def var(
    xp: Any, x: Tensor, /, *, axis: Axis = None, correction: float = 0.0, keepdims: bool = False
) -> Tensor:
    """Variance over axes: the sum of squared deviations over n - correction."""
    ...


def infinite_if_constant(
    xp: Any, out: Any, x: Any, axis: Axis, correction: float, keepdims: bool
) -> Any:
    """The standard deviation, and inf for that of a constant: a quotient by it is 0 there.

    It is 0 or what the mean was rounded by, as for 0.1, 0.1, 0.1: some n eps times the constant.
    Where nothing is that small nothing is compared; by itself the bound would say too much.
    """
    n, gone = count_along(x.shape, axis), axes_of(axis, x.ndim)
    if n == 0:
        return out
    first = x[(*[slice(1) if i in gone else slice(None) for i in range(x.ndim)], ...)]
    size = xp.abs(first if keepdims or axis is None else xp.reshape(first, out.shape))
    rounding = n * float(xp.finfo(x.dtype).eps) * math.sqrt(n / (degrees(x, axis, correction) or n))
    if not anywhere(xp, out <= 2 * rounding * size):
        return out
    equal = xp.all(x == first, axis=axis, keepdims=keepdims)
    return xp.where(equal | (out == 0), math.inf, out)


def std_x(xp: Any, g: Any, x: Any, out: Any, axis: Axis, correction: float, keepdims: bool) -> Any:
    length = infinite_if_constant(xp, out, x, axis, correction, keepdims)
    return var_x(xp, g / (2 * length), x, axis, correction, keepdims)


def std_jvp(
    xp: Any, dx: Any, x: Any, out: Any, axis: Axis, correction: float, keepdims: bool
) -> Any:
    length = infinite_if_constant(xp, out, x, axis, correction, keepdims)
    return var_jvp(xp, dx, x, axis, correction, keepdims) / (2 * length)


@differentiable(x=std_x, jvp=std_jvp)
def std(
    xp: Any, x: Tensor, /, *, axis: Axis = None, correction: float = 0.0, keepdims: bool = False
) -> Tensor:
    """Standard deviation over axes: the root of `var`."""
    ...


# ---- products


def product_of_others(xp: Any, x: Any) -> Any:
    """The product of all others along the last axis; without a division, so zeros are exact."""
    before = xp.cumulative_prod(x, axis=-1, include_initial=True)[..., :-1]
    after = xp.cumulative_prod(xp.flip(x, axis=-1), axis=-1, include_initial=True)[..., :-1]
    return before * xp.flip(after, axis=-1)


def prod_x(xp: Any, g: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    others = product_of_others(xp, flat_axes(xp, as_dtype(xp, x, g.dtype), axis))
    others = unflat_axes(xp, others, x.shape, axis)
    return conj_if_complex(xp, others) * keep_axes(xp, g, x.shape, axis, keepdims)


def prod_jvp(xp: Any, dx: Any, x: Any, out: Any, axis: Axis, keepdims: bool) -> Any:
    others = product_of_others(xp, flat_axes(xp, as_dtype(xp, x, out.dtype), axis))
    return xp.sum(unflat_axes(xp, others, x.shape, axis) * dx, axis=axis, keepdims=keepdims)


@differentiable(x=prod_x, jvp=prod_jvp)
def prod(
    xp: Any, x: Tensor, /, *, axis: Axis = None, dtype: Any | None = None, keepdims: bool = False
) -> Tensor:
    """Product over axes."""
    ...


# ---- running sums and products


def cumulative_sum_x(xp: Any, g: Any, axis: int | None, include_initial: bool) -> Any:
    axis = 0 if axis is None else axis
    g = xp.flip(xp.cumulative_sum(xp.flip(g, axis=axis), axis=axis), axis=axis)
    return without_first(g, axis) if include_initial else g


@linear(x=cumulative_sum_x)
def cumulative_sum(
    xp: Any,
    x: Tensor,
    /,
    *,
    axis: int | None = None,
    dtype: Any | None = None,
    include_initial: bool = False,
) -> Tensor:
    """Running sum along an axis."""
    ...


def without_first(x: Any, axis: int) -> Any:
    (axis,) = axes_of(axis, x.ndim)
    return x[(*(slice(None),) * axis, slice(1, None), ...)]


def recurrence(xp: Any, factors: Any, terms: Any) -> Any:
    """s[k] = terms[k] + factors[k] s[k-1] along the last axis, with s[-1] = 0.

    By doubling: after the step of distance d each place holds the sum over the last 2d terms. All
    products and sums, so it is exact where factors are zero, and so are its derivatives. (Blelloch,
    'Prefix sums and their applications', 1990, section 1.4.)
    """
    distance, length = 1, terms.shape[-1]
    while distance < length:
        carried = terms[..., distance:] + factors[..., distance:] * terms[..., :-distance]
        terms = xp.concat([terms[..., :distance], carried], axis=-1)
        longer = factors[..., distance:] * factors[..., :-distance]
        factors = xp.concat([0 * factors[..., :distance], longer], axis=-1)
        distance *= 2
    return terms


def running(xp: Any, x: Any, out: Any, axis: int | None, include_initial: bool) -> tuple[Any, Any]:
    """The factors and the running products before each of them, the axis last."""
    axis = 0 if axis is None else axis
    x = xp.moveaxis(as_dtype(xp, x, out.dtype), axis, -1)
    out = xp.moveaxis(out, axis, -1)
    if not include_initial:
        out = xp.concat([xp.ones_like(out[..., :1]), out], axis=-1)
    return x, out[..., :-1]


def cumulative_prod_x(
    xp: Any, g: Any, x: Any, out: Any, axis: int | None, include_initial: bool
) -> Any:
    # With c[k] = c[k-1] x[k]: s[k] = g[k] + x[k+1] s[k+1] is the gradient of c[k], and that of x[k]
    # is c[k-1] s[k].
    factors, before = running(xp, x, out, axis, include_initial)
    factors, before = conj_if_complex(xp, factors), conj_if_complex(xp, before)
    g = xp.moveaxis(g, 0 if axis is None else axis, -1)
    if include_initial:
        g = g[..., 1:]
    later = xp.concat([factors[..., 1:], xp.zeros_like(factors[..., :1])], axis=-1)
    s = xp.flip(recurrence(xp, xp.flip(later, axis=-1), xp.flip(g, axis=-1)), axis=-1)
    return xp.moveaxis(before * s, -1, 0 if axis is None else axis)


def cumulative_prod_jvp(
    xp: Any, dx: Any, x: Any, out: Any, axis: int | None, include_initial: bool
) -> Any:
    factors, before = running(xp, x, out, axis, include_initial)
    dx = xp.moveaxis(dx, 0 if axis is None else axis, -1)
    dout = recurrence(xp, factors, before * dx)
    if include_initial:
        none_yet = xp.zeros((*dx.shape[:-1], 1), dtype=dout.dtype, device=dout.device)
        dout = xp.concat([none_yet, dout], axis=-1)
    return xp.moveaxis(dout, -1, 0 if axis is None else axis)


@differentiable(x=cumulative_prod_x, jvp=cumulative_prod_jvp)
def cumulative_prod(
    xp: Any,
    x: Tensor,
    /,
    *,
    axis: int | None = None,
    dtype: Any | None = None,
    include_initial: bool = False,
) -> Tensor:
    """Running product along an axis."""
    ...


def as_dtype(xp: Any, x: Any, dtype: Any) -> Any:
    return x if x.dtype == dtype else xp.astype(x, dtype)


def conj_if_complex(xp: Any, x: Any) -> Any:
    return xp.conj(x) if is_complex(xp, x) else x
