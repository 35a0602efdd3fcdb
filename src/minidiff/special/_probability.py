"""Error functions and the normal distribution (DLMF 7), logistic functions and entropies."""

from __future__ import annotations

import math
from typing import Any

from ..array_api._helpers import is_complex
from ..core.tensor import Tensor
from ..core.words import elementwise
from ..numpy._ufuncs import ufunc
from ._values import of, values

SQRT_PI = math.sqrt(math.pi)
SQRT_2PI = math.sqrt(2.0 * math.pi)
SQRT_HALF = math.sqrt(0.5)


# ---- error functions


def gaussian_x(xp: Any, g: Any, r: float, x: Any, out: Any) -> Any:
    # Where out is 0, so is the product, and all that follow: at infinity too.
    return -2.0 * r * g * xp.where(out == 0, 0.0, x) * out


@elementwise(x=gaussian_x)
def gaussian(xp: Any, r: float, x: Tensor, /) -> Any:
    """exp(-r x²)."""
    return xp.exp(-r * x * x)


# DLMF 7.2.1.
@ufunc
@elementwise(x=lambda g, x: g * (2.0 / SQRT_PI) * of(gaussian, 1.0, x))
def erf(xp: Any, x: Tensor, /) -> Any:
    """The error function."""
    return values(erf, x)


@ufunc
@elementwise(x=lambda g, x: g * (-2.0 / SQRT_PI) * of(gaussian, 1.0, x))
def erfc(xp: Any, x: Tensor, /) -> Any:
    """1 - erf(x)."""
    return values(erfc, x)


@ufunc
@elementwise(x=lambda xp, g, out: g * (SQRT_PI / 2.0) * xp.exp(out * out))
def erfinv(xp: Any, x: Tensor, /) -> Any:
    """The inverse of erf."""
    return values(erfinv, x)


# From here on 2x erfcx(x) - 2/√π, the derivative as it is usually written, cancels; and from here
# on this many terms of the continued fraction give all digits.
FAR, TERMS = 3.0, 25


# By DLMF 7.18.3 it is 2k R² + 2x R - 1, of R = ratio(k, x); by 7.18.7 the last two, which cancel,
# are a product.
def ratio_x(g: Any, k: int, x: Any, out: Any) -> Any:
    return 2.0 * g * out * (k * out - (k + 1) * of(ratio, k + 1, x))


@elementwise(x=ratio_x)
def ratio(xp: Any, k: int, x: Tensor, /) -> Any:
    """iᵏerfc(x) / iᵏ⁻¹erfc(x), of the repeated integrals of erfc (DLMF 7.18), for x >= FAR."""
    # The continued fraction 7.18.13, from the tail: there neighbours are nearly equal.
    found = 1.0 / (x + xp.sqrt(x * x + 2.0 * (k + TERMS)))
    for j in range(k + TERMS, k, -1):
        found = 0.5 / (x + j * found)
    return found


# DLMF 7.18.4: -2 exp(x²) i¹erfc(x).
def erfcx_x(xp: Any, g: Any, x: Any, out: Any) -> Any:
    if is_complex(xp, x):
        return g * (2.0 * x * out - 2.0 / SQRT_PI)
    far = x > FAR
    near = 2.0 * xp.where(far, 0.0, x) * out - 2.0 / SQRT_PI
    return g * xp.where(far, -2.0 * out * of(ratio, 1, xp.where(far, x, FAR)), near)


@ufunc
@elementwise(x=erfcx_x)
def erfcx(xp: Any, x: Tensor, /) -> Any:
    """exp(x²) erfc(x)."""
    return values(erfcx, x)


# ---- the normal distribution


@ufunc
@elementwise(x=lambda g, x: g * of(gaussian, 0.5, x) / SQRT_2PI)
def ndtr(xp: Any, x: Tensor, /) -> Any:
    """The distribution function of the standard normal distribution."""
    return values(ndtr, x)


@ufunc
@elementwise(x=lambda xp, g, out: g * SQRT_2PI * xp.exp(out * out / 2.0))
def ndtri(xp: Any, x: Tensor, /) -> Any:
    """The inverse of ndtr."""
    return values(ndtri, x)


def hazard_x(xp: Any, g: Any, x: Any, out: Any) -> Any:
    # -out (x + out). Far to the left that cancels, and out is √2 (u + ratio(1, u)).
    far = x < -FAR / SQRT_HALF
    u = xp.where(far, x * -SQRT_HALF, FAR)
    one, two = of(ratio, 1, u), of(ratio, 2, u)
    out = xp.where(far, 0.0, out)
    near = -out * (xp.where(out == 0, 0.0, x) + out)
    return g * xp.where(far, 2.0 * one * (2.0 * two - one) - 1.0, near)


@elementwise(x=hazard_x)
def hazard(xp: Any, x: Tensor, /) -> Any:
    """The density of the standard normal distribution over ndtr(x) (DLMF 7.8: Mills' ratio)."""
    return 2.0 / SQRT_2PI / of(erfcx, x * -SQRT_HALF)


def log_ndtr_x(xp: Any, g: Any, x: Any, out: Any) -> Any:
    if is_complex(xp, x):
        return g * xp.exp(-x * x / 2.0 - out) / SQRT_2PI
    return g * of(hazard, x)


@ufunc
@elementwise(x=log_ndtr_x)
def log_ndtr(xp: Any, x: Tensor, /) -> Any:
    """log(ndtr(x))."""
    return values(log_ndtr, x)


# ---- logistic functions


def expit_x(g: Any, x: Any, out: Any) -> Any:
    return g * out * of(expit, -x)  # 1 - out would be 0 from x = 37 on


@ufunc
@elementwise(x=expit_x)
def expit(xp: Any, x: Tensor, /) -> Any:
    """1 / (1 + exp(-x))."""
    return values(expit, x)


@ufunc
@elementwise(x=lambda g, x: g * of(expit, -x))
def log_expit(xp: Any, x: Tensor, /) -> Any:
    """log(expit(x))."""
    return values(log_expit, x)


# Not over x (1 - x), whose own derivative at 0 and 1 would be nan. -0.0 + 0.0 is 0.0.
@ufunc
@elementwise(x=lambda g, x: g / (x + 0.0) + g / (1.0 - x))
def logit(xp: Any, x: Tensor, /) -> Any:
    """The inverse of expit."""
    return values(logit, x)


# ---- entropies, in which 0 log(0) is 0


def quotient_x(g: Any, y: Any) -> Any:
    return of(quotient, g, y)


@elementwise(x=quotient_x, y=lambda g, y, out: quotient_x(-g * out, y))
def quotient(xp: Any, x: Tensor, y: Tensor, /) -> Any:
    """The quotient, and 0 where both are 0."""
    nothing = (x == 0) & (y == 0)
    return xp.where(nothing, 0.0, x / xp.where(nothing, 1.0, y))


@elementwise(x=lambda g, x: quotient_x(g, x), y=lambda g, y: quotient_x(-g, y))
def log_ratio(xp: Any, x: Tensor, y: Tensor | float, /) -> Any:
    """log(x / y) of real numbers, to all digits where x is close to y; x / y may overflow."""
    y = xp.zeros_like(x) + y  # which may be a number
    near = (x > 0.5 * y) & (x < 2.0 * y)
    close = xp.log1p(xp.where(near, (x - y) / y, 0.0))
    return xp.where(near, close, xp.log(x) - xp.log(y))


@ufunc
@elementwise(x=lambda xp, g, y: g * xp.log(y), y=lambda g, x, y: g * of(quotient, x, y))
def xlogy(xp: Any, x: Tensor, y: Tensor, /) -> Any:
    """``x log(y)``, and 0 where x is 0."""
    return values(xlogy, x, y)


@ufunc
@elementwise(x=lambda xp, g, y: g * xp.log1p(y), y=lambda g, x, y: g * of(quotient, x, 1.0 + y))
def xlog1py(xp: Any, x: Tensor, y: Tensor, /) -> Any:
    """``x log(1 + y)``, and 0 where x is 0."""
    return values(xlog1py, x, y)


@ufunc
@elementwise(x=lambda g, x: -g * (of(log_ratio, x, 1.0) + 1.0))
def entr(xp: Any, x: Tensor, /) -> Any:
    """-x log(x), and 0 at 0."""
    return values(entr, x)


@ufunc
@elementwise(
    x=lambda g, x, y: g * (of(log_ratio, x, y) + 1.0), y=lambda g, x, y: -g * of(quotient, x, y)
)
def rel_entr(xp: Any, x: Tensor, y: Tensor, /) -> Any:
    """``x log(x / y)``, and 0 where x is 0."""
    return values(rel_entr, x, y)


@ufunc
@elementwise(
    x=lambda g, x, y: g * of(log_ratio, x, y), y=lambda g, x, y: g * (1.0 - of(quotient, x, y))
)
def kl_div(xp: Any, x: Tensor, y: Tensor, /) -> Any:
    """``x log(x / y) - x + y``."""
    return values(kl_div, x, y)
