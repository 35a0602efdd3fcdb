"""Sums of exponentials along axes, without overflow."""

from __future__ import annotations

import math
from typing import Any

from ..array_api._helpers import is_complex
from ..core.tensor import Tensor
from ..core.words import differentiable, nondifferentiable
from ..numpy._axes import Axis, axes_of
from ..numpy._dtypes import alike, floats


def largest(xp: Any, a: Any, axis: Axis) -> Any:
    """The largest element along axes, which remain as ones; by the real part; 0 of nothing."""
    a = xp.real(a) if is_complex(xp, a) else a
    return (xp.sum if 0 in a.shape else xp.max)(a, axis=axis, keepdims=True)


def finite_largest(xp: Any, a: Any, axis: Axis) -> Any:
    most = largest(xp, a, axis)
    return xp.where(xp.isfinite(most), most, 0.0)


def terms(xp: Any, a: Any, out: Any) -> Any:
    """exp(a - out); of an infinite sum, 1 for the exponents that are as large and 0 for others."""
    infinite = xp.isinf(out)
    ordinary = xp.exp(xp.where(infinite, 0.0, a) - xp.where(infinite, 0.0, out))
    return xp.where(infinite, xp.astype(a == out, a.dtype), ordinary)


def weighed(xp: Any, a: Any, b: Any, out: Any) -> Any:
    """The terms times their weights, and 0 where the weight is 0 though the term is inf or nan."""
    if b is None:
        return terms(xp, a, out)
    lost = (b == 0) & ~xp.isfinite(terms(xp, a, out))
    return b * terms(xp, xp.where(lost, -math.inf, a), out)


def without(xp: Any, a: Any, b: Any) -> Any:
    """The exponents without those of weight 0: left out, as SciPy does, also if inf or nan."""
    return xp.where(b == 0, -math.inf, a)


def along(xp: Any, x: Any, axis: Axis) -> Any:
    return xp.sum(x, axis=axis, keepdims=True)


# The sum of the weighed terms is the sign of the whole; an infinite one is shared by its largest.
def log_sum_exp_a(xp: Any, g: Any, a: Any, b: Any, out: Any, axis: Axis) -> Any:
    parts = weighed(xp, a, b, out)
    return g * xp.conj(parts / along(xp, parts, axis))


def log_sum_exp_b(xp: Any, g: Any, a: Any, b: Any, out: Any, axis: Axis) -> Any:
    return g * xp.conj(terms(xp, a, out) / along(xp, weighed(xp, a, b, out), axis))


def log_sum_exp_jvp(xp: Any, da: Any, db: Any, a: Any, b: Any, out: Any, axis: Axis) -> Any:
    parts = weighed(xp, a, b, out)
    moved = parts * da if b is None else parts * da + terms(xp, a, out) * db
    return along(xp, moved, axis) / along(xp, parts, axis)


@differentiable(a=log_sum_exp_a, b=log_sum_exp_b, jvp=log_sum_exp_jvp)
def log_sum_exp(xp: Any, a: Tensor, b: Tensor | None, /, *, axis: Axis) -> Any:
    """log|sum(b exp(a))| along axes, which remain as ones; of complex numbers, log(sum(...))."""
    a = a if b is None else without(xp, a, b)
    if is_complex(xp, a):
        base = finite_largest(xp, a, axis)
        parts = xp.exp(a - base) if b is None else b * xp.exp(a - base)
        return xp.log(along(xp, parts, axis)) + base
    most = largest(xp, a, axis)
    top = a == most  # apart from the rest, so that nothing is inf - inf
    less = xp.where(top, xp.where(most == math.inf, most, 0.0), a) - xp.where(top, 0.0, most)
    parts = xp.exp(less) if b is None else b * xp.exp(less)
    first = along(xp, xp.where(top, parts, 0.0), axis)
    rest = along(xp, xp.where(top, 0.0, parts), axis)
    # log1p keeps what a small rest adds to the largest terms.
    small = xp.abs(rest) < 0.5 * xp.abs(first)
    size = xp.abs(xp.where(small, first, first + rest))
    nothing = size == 0
    log = xp.where(nothing, -math.inf, xp.log(xp.where(nothing, 1.0, size)))
    return log + xp.log1p(xp.where(small, rest / xp.where(small, first, 1.0), 0.0)) + most


@nondifferentiable
def sign_of_sum(xp: Any, a: Tensor, b: Tensor | None, log: Tensor, /, *, axis: Axis) -> Any:
    """The sign of sum(b exp(a)), of which log is the log_sum_exp; 0 of nothing."""
    parts = terms(xp, a, log) if b is None else b * terms(xp, without(xp, a, b), log)
    return xp.where(log == -math.inf, 0.0, xp.sign(along(xp, parts, axis)))


def logsumexp(
    a: Any,
    axis: Axis = None,
    b: Any = None,
    keepdims: bool = False,
    return_sign: bool = False,
) -> Any:
    """log(sum(b exp(a))) along axes, without overflow; b is 1 by default.

    Where the sum is infinite, the gradient is shared by the terms that are as large. A negative sum
    gives nan; with `return_sign` the result is the logarithm of its magnitude, and its sign (of
    complex numbers, its phase).
    """
    a = floats(a, like=b)
    xp = a._backend.tensors
    if b is not None:
        a, b = xp.broadcast_arrays(*alike(a, b))
    axes = axes_of(axis, a.ndim)
    out = log_sum_exp(a, b, axis=axes)
    sign = None
    if is_complex(xp, out):
        if return_sign:
            phase = xp.astype(xp.imag(out), out.dtype) * 1j
            out, sign = xp.real(out), xp.exp(phase)
    elif return_sign or b is not None:
        sign = sign_of_sum(a, b, out, axis=axes)
        if not return_sign:
            out = out + xp.where(sign < 0, math.nan, 0.0 * sign)
    if not keepdims:
        out = xp.squeeze(out, axis=axes)
        sign = sign if sign is None else xp.squeeze(sign, axis=axes)
    return (out, sign) if return_sign else out


# ---- shares of a sum


def shared(xp: Any, v: Any, out: Any, axis: Axis) -> Any:
    return out * (v - along(xp, out * v, axis))


@differentiable(
    x=lambda xp, g, out, axis: shared(xp, g, xp.conj(out), axis),
    jvp=lambda xp, dx, out, axis: shared(xp, dx, out, axis),
)
def shares(xp: Any, x: Tensor, /, *, axis: Axis) -> Any:
    """exp(x) / sum(exp(x))."""
    each = xp.exp(x - finite_largest(xp, x, axis))
    return each / along(xp, each, axis)


@differentiable(
    x=lambda xp, g, out, axis: g - xp.exp(xp.conj(out)) * along(xp, g, axis),
    jvp=lambda xp, dx, out, axis: dx - along(xp, xp.exp(out) * dx, axis),
)
def log_shares(xp: Any, x: Tensor, /, *, axis: Axis) -> Any:
    """log(exp(x) / sum(exp(x)))."""
    less = x - finite_largest(xp, x, axis)
    return less - xp.log(along(xp, xp.exp(less), axis))


def softmax(x: Any, axis: Axis = None) -> Tensor:
    """exp(x) / sum(exp(x)) along axes."""
    x = floats(x)
    found: Tensor = shares(x, axis=axes_of(axis, x.ndim))
    return found


def log_softmax(x: Any, axis: Axis = None) -> Tensor:
    """log(softmax(x))."""
    x = floats(x)
    found: Tensor = log_shares(x, axis=axes_of(axis, x.ndim))
    return found
