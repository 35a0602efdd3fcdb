"""Element-wise functions, each beside its derivative.

Formulas are written as over the real numbers; for complex data the engine conjugates around them.
Rows marked `@differentiable` are no holomorphic functions and state their adjoint as it is.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ..core.words import differentiable, elementwise, on_numbers, view
from ._helpers import SCALARS, anywhere, infinite_at_zero, is_complex
from ._slopes import on_either, share_of_larger, share_of_length, times_infinity

if TYPE_CHECKING:
    from ..core.tensor import Tensor

LN2 = math.log(2)
LN10 = math.log(10)


def zero(xp: Any, g: Any) -> Any:
    """The derivative of what is constant between its jumps."""
    return xp.zeros_like(g)


# ---- arithmetic


@elementwise(x1=lambda g: g, x2=lambda g: g)
def add(xp: Any, x1: Tensor | complex, x2: Tensor | complex, /) -> Tensor:
    """Sum, element by element."""
    ...


@elementwise(x1=lambda g: g, x2=lambda g: -g)
def subtract(xp: Any, x1: Tensor | complex, x2: Tensor | complex, /) -> Tensor:
    """Difference, element by element."""
    ...


@elementwise(x1=lambda g, x2: g * x2, x2=lambda g, x1: g * x1)
def multiply(xp: Any, x1: Tensor | complex, x2: Tensor | complex, /) -> Tensor:
    """Product, element by element."""
    ...


@elementwise(x1=lambda g, x2: g / x2, x2=lambda g, x2, out: -g * out / x2)
def divide(xp: Any, x1: Tensor | complex, x2: Tensor | complex, /) -> Tensor:
    """Quotient, element by element."""
    ...


@elementwise(x1=zero, x2=zero)
def floor_divide(xp: Any, x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """Quotient rounded down."""
    ...


def remainder_x2(xp: Any, g: Any, x1: Any, x2: Any, out: Any) -> Any:
    # x1 = n * x2 + out, with the whole number n that goes with out: 1.0 / 0.1 rounds to 10, and yet
    # 1.0 % 0.1 is 1 - 9 * 0.1. (floor_divide is slower.) And (-5) % inf is inf, with n = -1.
    rest = xp.where(xp.isinf(out), 1, out / x2)
    return -g * xp.round(x1 / x2 - rest)


@elementwise(x1=lambda g: g, x2=remainder_x2)
def remainder(xp: Any, x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """Remainder with the sign of the divisor."""
    ...


@elementwise(x=lambda g: g)
def positive(xp: Any, x: Tensor, /) -> Tensor:
    """The same, element by element."""
    ...


@elementwise(x=lambda g: -g)
def negative(xp: Any, x: Tensor, /) -> Tensor:
    """The negative."""
    ...


@elementwise(x=lambda g, out: -g * out * out)
def reciprocal(xp: Any, x: Tensor, /) -> Tensor:
    """One over x."""
    ...


# ---- powers and logarithms


@elementwise(x=lambda g, x: 2 * g * x)
def square(xp: Any, x: Tensor, /) -> Tensor:
    """Square."""
    ...


def sqrt_x(xp: Any, g: Any, out: Any) -> Any:
    # At 0 the slope is +inf. The root of -0.0 is -0.0, which would turn the sign.
    if not is_complex(xp, out):
        return g / (2 * out + 0.0)
    at_zero = out == 0
    if not anywhere(xp, at_zero):
        return g / (2 * out)
    return xp.where(at_zero, times_infinity(xp, g), g / (2 * out))


@elementwise(x=sqrt_x)
def sqrt(xp: Any, x: Tensor, /) -> Tensor:
    """Square root."""
    ...


def pow_x1(xp: Any, g: Any, x1: Any, x2: Any) -> Any:
    # x2 * x1**(x2 - 1), except that x**0 is constant, at x = 0 as well.
    if type(x2) in SCALARS:
        if x2 == 2:
            return (g + g) * x1  # quicker than a product with a scalar
        return g * (x2 * x1 ** (x2 - 1)) if x2 != 0 else xp.zeros_like(g)
    if anywhere(xp, x2 == 0):
        x2 = xp.where((x1 == 0) & (x2 == 0), 64, x2)  # as flat at 0, to any order that matters
    return g * x2 * x1 ** (x2 - 1.0)  # unsigned exponents have no x2 - 1


def pow_x2(xp: Any, g: Any, x1: Any, x2: Any, out: Any) -> Any:
    # out * log(x1), where 0**y is constant for y >= 0. (-0.0 - 0.0 is -0.0, the side of a cut.)
    base = x1 - xp.zeros_like(out)
    grows = base == 0 if is_complex(xp, out) else (base == 0) & (xp.zeros_like(out) + x2 >= 0)
    return g * out * xp.log(xp.where(grows, 1, base))


@elementwise(x1=pow_x1, x2=pow_x2)
@on_numbers
def pow(xp: Any, x1: Tensor | complex, x2: Tensor | complex, /) -> Tensor:
    """x1 to the power x2."""
    ...


@elementwise(x=lambda g, out: g * out)
def exp(xp: Any, x: Tensor, /) -> Tensor:
    """Exponential function."""
    ...


@elementwise(x=lambda g, out: g * (out + 1))
def expm1(xp: Any, x: Tensor, /) -> Tensor:
    """exp(x) - 1, exact near 0."""
    ...


@elementwise(x=lambda g, x: g / x)
def log(xp: Any, x: Tensor, /) -> Tensor:
    """Natural logarithm."""
    ...


@elementwise(x=lambda g, x: g / (1 + x))
def log1p(xp: Any, x: Tensor, /) -> Tensor:
    """log(1 + x), exact near 0."""
    ...


@elementwise(x=lambda g, x: g / (x * LN2))
def log2(xp: Any, x: Tensor, /) -> Tensor:
    """Logarithm to base 2."""
    ...


@elementwise(x=lambda g, x: g / (x * LN10))
def log10(xp: Any, x: Tensor, /) -> Tensor:
    """Logarithm to base 10."""
    ...


def share_of_exp(xp: Any, mine: Any, other: Any) -> Any:
    # exp(mine) / (exp(mine) + exp(other)); equal infinities share. Through logaddexp, so that no
    # derivative of any order overflows.
    gap = xp.where((mine == other) & xp.isinf(mine), 0, other - mine)
    return xp.exp(-xp.logaddexp(0.0, gap))


@elementwise(
    x1=lambda xp, g, x1, x2: g * share_of_exp(xp, x1, x2),
    x2=lambda xp, g, x1, x2: g * share_of_exp(xp, x2, x1),
)
def logaddexp(xp: Any, x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """log(exp(x1) + exp(x2)), without overflow."""
    ...


# ---- circular and hyperbolic functions


@elementwise(x=lambda xp, g, x: g * xp.cos(x))
def sin(xp: Any, x: Tensor, /) -> Tensor:
    """Sine of an angle in radians."""
    ...


@elementwise(x=lambda xp, g, x: -g * xp.sin(x))
def cos(xp: Any, x: Tensor, /) -> Tensor:
    """Cosine of an angle in radians."""
    ...


@elementwise(x=lambda g, out: g * (1 + out * out))
def tan(xp: Any, x: Tensor, /) -> Tensor:
    """Tangent of an angle in radians."""
    ...


# One function, since by its two factors the second derivatives at 1 and -1 would be inf - inf.
@elementwise(x=lambda g, x: -2 * g * x)
def one_minus_square(xp: Any, x: Tensor, /) -> Any:
    """1 - x**2, to all digits near 1 and -1."""
    if is_complex(xp, x):
        # A zero imaginary part keeps its sign, which tells sqrt the side of the cut: 0 - 0 and
        # 0 + -0 have lost it, -0 - 0 has not.
        return -((x - 1) * (x - -1))
    return (1 - x) * (1 + x)


@elementwise(x=lambda xp, g, x: g / xp.sqrt(on_either(one_minus_square, xp, x)))
def asin(xp: Any, x: Tensor, /) -> Tensor:
    """Inverse sine, in radians."""
    ...


@elementwise(x=lambda xp, g, x: -g / xp.sqrt(on_either(one_minus_square, xp, x)))
def acos(xp: Any, x: Tensor, /) -> Tensor:
    """Inverse cosine, in radians."""
    ...


@elementwise(x=lambda g, x: g / (1 + x * x))
def atan(xp: Any, x: Tensor, /) -> Tensor:
    """Inverse tangent, in radians."""
    ...


def atan2_slope(xp: Any, x1: Any, x2: Any, side: Any) -> Any:
    # side / (x1**2 + x2**2), without overflow; 0 at the origin, and at infinity.
    radius = infinite_at_zero(xp, xp.hypot(x1, x2))
    return xp.where(xp.isinf(side), 0, side) / radius / radius


@elementwise(
    x1=lambda xp, g, x1, x2: g * atan2_slope(xp, x1, x2, x2),
    x2=lambda xp, g, x1, x2: -g * atan2_slope(xp, x1, x2, x1),
)
def atan2(xp: Any, x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """Angle of the point (x2, x1), in radians."""
    ...


@elementwise(x=lambda xp, g, x: g * xp.cosh(x))
def sinh(xp: Any, x: Tensor, /) -> Tensor:
    """Hyperbolic sine."""
    ...


@elementwise(x=lambda xp, g, x: g * xp.sinh(x))
def cosh(xp: Any, x: Tensor, /) -> Tensor:
    """Hyperbolic cosine."""
    ...


@elementwise(x=lambda g, out: g * (1 - out * out))
def tanh(xp: Any, x: Tensor, /) -> Tensor:
    """Hyperbolic tangent."""
    ...


@elementwise(x=lambda xp, g, x: g / xp.sqrt(x * x - -1))
def asinh(xp: Any, x: Tensor, /) -> Tensor:
    """Inverse hyperbolic sine."""
    ...


# Two roots: over the complex numbers sqrt((x - 1) * (x + 1)) would be on the wrong branch. Not
# multiplied, or the second derivative at 1 would have a 0 * inf.
@elementwise(x=lambda xp, g, x: g / xp.sqrt(x - 1) / xp.sqrt(x - -1))
def acosh(xp: Any, x: Tensor, /) -> Tensor:
    """Inverse hyperbolic cosine."""
    ...


@elementwise(x=lambda xp, g, x: g / on_either(one_minus_square, xp, x))
def atanh(xp: Any, x: Tensor, /) -> Tensor:
    """Inverse hyperbolic tangent."""
    ...


@elementwise(
    x1=lambda xp, g, x1, x2, out: g * share_of_length(xp, x1, x2, out),
    x2=lambda xp, g, x1, x2, out: g * share_of_length(xp, x2, x1, out),
)
def hypot(xp: Any, x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """Length of the hypotenuse."""
    ...


# ---- rounding


@elementwise(x=zero)
def ceil(xp: Any, x: Tensor, /) -> Tensor:
    """The nearest integer above."""
    ...


@elementwise(x=zero)
def floor(xp: Any, x: Tensor, /) -> Tensor:
    """The nearest integer below."""
    ...


@elementwise(x=zero)
def trunc(xp: Any, x: Tensor, /) -> Tensor:
    """The nearest integer towards zero."""
    ...


@elementwise(x=zero)
def round(xp: Any, x: Tensor, /) -> Tensor:
    """The nearest integer; halves go to the even one."""
    ...


@elementwise(x1=lambda g: g, x2=zero)
def nextafter(xp: Any, x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """The next number after x1 towards x2."""
    ...


# ---- size and sign


@differentiable(x=lambda xp, g, x: g * xp.sign(x), jvp=lambda xp, dx, x: dx * xp.conj(xp.sign(x)))
def abs(xp: Any, x: Tensor, /) -> Tensor:
    """Absolute value."""
    ...


def sign_x(xp: Any, g: Any, x: Any, out: Any) -> Any:
    # The sign of a complex number moves along the unit circle; that of a real one does not move.
    if not is_complex(xp, x):
        return xp.zeros_like(x)
    along = g - out * xp.real(xp.conj(out) * g)
    return along / infinite_at_zero(xp, xp.abs(x))


@differentiable(x=sign_x, jvp=lambda xp, dx, x, out: sign_x(xp, dx, x, out))
def sign(xp: Any, x: Tensor, /) -> Tensor:
    """The sign: x / |x|, and 0 at 0."""
    ...


@elementwise(x1=lambda xp, g, x1, out: g * xp.sign(x1) * xp.sign(out), x2=zero)
def copysign(xp: Any, x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """The magnitude of x1 with the sign of x2."""
    ...


@elementwise(
    x1=lambda xp, g, x1, x2: share_of_larger(xp, g, x1, x2),
    x2=lambda xp, g, x1, x2: share_of_larger(xp, g, x2, x1),
)
def maximum(xp: Any, x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """The larger of two, element by element."""
    ...


@elementwise(
    x1=lambda xp, g, x1, x2: share_of_larger(xp, g, x2, x1),
    x2=lambda xp, g, x1, x2: share_of_larger(xp, g, x1, x2),
)
def minimum(xp: Any, x1: Tensor | float, x2: Tensor | float, /) -> Tensor:
    """The smaller of two, element by element."""
    ...


def clip_x(xp: Any, g: Any, x: Any, min: Any, max: Any, out: Any) -> Any:
    # Everything to x between the bounds and at them.
    inside = ~xp.isnan(out)
    if min is not None:
        inside = inside & (x >= min)
    if max is not None:
        inside = inside & (x <= max)
    return xp.where(xp.isnan(out), math.nan, xp.where(inside, g, 0))


def clip_min(xp: Any, g: Any, x: Any, min: Any, max: Any, out: Any) -> Any:
    below = x < min
    if max is not None:
        below = below & (min <= max)
    return xp.where(xp.isnan(out), math.nan, xp.where(below, g, 0))


def clip_max(xp: Any, g: Any, x: Any, min: Any, max: Any, out: Any) -> Any:
    above = x > max
    if min is not None:
        above = above | (min > max)
    return xp.where(xp.isnan(out), math.nan, xp.where(above, g, 0))


@elementwise(x=clip_x, min=clip_min, max=clip_max)
def clip(
    xp: Any,
    x: Tensor,
    /,
    min: Tensor | float | None = None,
    max: Tensor | float | None = None,
) -> Tensor:
    """Limit the values to an interval."""
    ...


# ---- complex numbers


@differentiable(x=lambda g: g, jvp=lambda xp, dx: xp.real(dx))
@view
def real(xp: Any, x: Tensor, /) -> Tensor:
    """Real part."""
    ...


@differentiable(x=lambda g: g * 1j, jvp=lambda xp, dx: xp.imag(dx))
@view
def imag(xp: Any, x: Tensor, /) -> Tensor:
    """Imaginary part."""
    ...


@differentiable(x=lambda xp, g: xp.conj(g), jvp=lambda xp, dx: xp.conj(dx))
def conj(xp: Any, x: Tensor, /) -> Tensor:
    """Complex conjugate."""
    ...
