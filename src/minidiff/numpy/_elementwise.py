"""Functions of one or two arrays, element by element, by NumPy's names.

Those that the table has serve as they are, under both names where the standard's is another.
"""

from __future__ import annotations

import math
from typing import Any

from .. import array_api as xp
from ..core import words
from ..core.tensor import Tensor
from ._dtypes import alike, doubles, floats
from ._inputs import elementwise, is_complex, is_floating, namespace, tensor

absolute = abs = elementwise(xp.abs)
acos = arccos = elementwise(xp.acos)
acosh = arccosh = elementwise(xp.acosh)
add = elementwise(xp.add)
asin = arcsin = elementwise(xp.asin)
asinh = arcsinh = elementwise(xp.asinh)
atan = arctan = elementwise(xp.atan)
atan2 = arctan2 = elementwise(xp.atan2)
atanh = arctanh = elementwise(xp.atanh)
ceil = elementwise(xp.ceil)
conj = conjugate = elementwise(xp.conj)
copysign = elementwise(xp.copysign)
cos = elementwise(xp.cos)
cosh = elementwise(xp.cosh)
divide = true_divide = elementwise(xp.divide)
exp = elementwise(xp.exp)
expm1 = elementwise(xp.expm1)
floor = elementwise(xp.floor)
floor_divide = elementwise(xp.floor_divide)
hypot = elementwise(xp.hypot)
log = elementwise(xp.log)
log10 = elementwise(xp.log10)
log1p = elementwise(xp.log1p)
log2 = elementwise(xp.log2)
logaddexp = elementwise(xp.logaddexp)
maximum = elementwise(xp.maximum)
minimum = elementwise(xp.minimum)
multiply = elementwise(xp.multiply)
negative = elementwise(xp.negative)
nextafter = elementwise(xp.nextafter)
positive = elementwise(xp.positive)
pow = power = elementwise(xp.pow)
reciprocal = elementwise(xp.reciprocal)
remainder = mod = elementwise(xp.remainder)
sign = elementwise(xp.sign)
sin = elementwise(xp.sin)
sinh = elementwise(xp.sinh)
sqrt = elementwise(xp.sqrt)
square = elementwise(xp.square)
subtract = elementwise(xp.subtract)
tan = elementwise(xp.tan)
tanh = elementwise(xp.tanh)
trunc = fix = elementwise(xp.trunc)

LN2 = math.log(2.0)


# ---- powers and logarithms


def exp2(x: Any, /) -> Tensor:
    """2**x."""
    return xp.pow(2.0, floats(x))


# -0.0 squared is 0.0: the slope at either zero is +inf.
@words.elementwise(x=lambda g, out: g / (3 * out * out))
def real_cube_root(xp: Any, x: Tensor, /) -> Any:
    """The cube root that is real."""
    root = xp.copysign(xp.abs(x) ** (1 / 3), x)
    # 1/3 is not exact: one step of Newton's method mends the last digits.
    sound = xp.isfinite(root) & (root != 0)
    guess = xp.where(sound, root, 1.0)
    return xp.where(sound, guess - (guess - x / (guess * guess)) / 3, root)


def cbrt(x: Any, /) -> Tensor:
    """The real cube root, of negative numbers too."""
    return real_cube_root(floats(x))


def float_power(x1: Any, x2: Any, /) -> Tensor:
    """x1**x2 in double precision, so that integers may have negative exponents."""
    return xp.pow(doubles(x1, like=x2), doubles(x2, like=x1))


def logaddexp2(x1: Any, x2: Any, /) -> Tensor:
    """log2(2**x1 + 2**x2), without overflow."""
    one, other = alike(x1, x2)
    return xp.logaddexp(floats(one) * LN2, floats(other) * LN2) / LN2


# ---- angles


def deg2rad(x: Any, /) -> Tensor:
    """Degrees to radians."""
    return floats(x) * (math.pi / 180)


def rad2deg(x: Any, /) -> Tensor:
    """Radians to degrees."""
    return floats(x) * (180 / math.pi)


radians, degrees = deg2rad, rad2deg


def angle(z: Any, deg: bool = False) -> Tensor:
    """The angle of complex numbers, in (-π, π]."""
    z = floats(z)
    out = xp.atan2(imag(z), real(z))
    return rad2deg(out) if deg else out


# The first terms of sin(y)/y = 1 - y²/3! + y⁴/5! - ..., highest first: good to all digits for
# |y| < 0.5, and for the first derivatives too.
SINC = [(-1) ** k / math.factorial(2 * k + 1) for k in range(8)][::-1]


def sinc(x: Any, /) -> Tensor:
    """sin(πx) / (πx), and 1 at 0."""
    y = floats(x) * math.pi
    small = xp.abs(y) < 0.5
    # Guarded on both sides: what is not chosen is finite, and so are its derivatives.
    near, far = xp.where(small, y, 0.0), xp.where(small, 1.0, y)
    series: Any = SINC[0]
    for coefficient in SINC[1:]:
        series = series * (near * near) + coefficient
    return xp.where(small, series, xp.sin(far) / far)


# ---- rounding, parts, extremes


# Not by `remainder` of the magnitudes on the tape: the slope of a magnitude at 0 is 0, and here it
# is 1.
@words.elementwise(x1=lambda g: g, x2=lambda xp, g, x1, x2: -g * xp.trunc(x1 / x2))
def remainder_of_first(xp: Any, x1: Tensor, x2: Tensor, /) -> Any:
    """Remainder with the sign of the dividend."""
    rest = xp.remainder(xp.abs(x1), xp.abs(x2))
    if xp.isdtype(rest.dtype, "integral"):
        return xp.where(x1 < 0, -rest, rest)
    return xp.copysign(rest, x1)


def fmod(x1: Any, x2: Any, /) -> Tensor:
    """The remainder with the sign of x1, as C has it."""
    return remainder_of_first(*alike(x1, x2))


def rint(x: Any, /) -> Tensor:
    """The nearest integer, as a floating number; halves go to the even one."""
    return xp.round(floats(x))


def round(a: Any, decimals: int = 0) -> Tensor:
    """To a number of decimals; halves go to the even neighbour."""
    a = tensor(a)
    if decimals == 0 or (decimals > 0 and not is_floating(a)):
        return xp.round(a)
    if decimals > 0:
        scale = 10.0**decimals
        return xp.round(a * scale) / scale
    scale = 10.0**-decimals
    rounded = xp.round(floats(a) / scale) * scale
    return rounded if is_floating(a) else xp.astype(rounded, a.dtype)


around = round


def real(val: Any) -> Tensor:
    """The real part; a real array as it is."""
    val = tensor(val)
    return xp.real(val) if is_complex(val) else val


def imag(val: Any) -> Tensor:
    """The imaginary part; zeros of a real array."""
    val = tensor(val)
    return xp.imag(val) if is_complex(val) else xp.zeros_like(val)


def fmax(x1: Any, x2: Any, /) -> Tensor:
    """The larger one; where one of them is nan, the other one."""
    return xp.maximum(*_without_nan(*alike(x1, x2)))


def fmin(x1: Any, x2: Any, /) -> Tensor:
    """The smaller one; where one of them is nan, the other one."""
    return xp.minimum(*_without_nan(*alike(x1, x2)))


def _without_nan(one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    """Each of two, and the other one in place of its nan."""
    if not is_floating(one):
        return one, other
    return xp.where(xp.isnan(one), other, one), xp.where(xp.isnan(other), one, other)


def heaviside(x1: Any, x2: Any, /) -> Tensor:
    """0 where x1 is negative, 1 where it is positive, x2 where it is 0; nan stays nan."""
    one, other = [floats(x) for x in alike(x1, x2)]
    step = (xp.sign(one) + 1.0) / 2.0
    return xp.where(one == 0, other, step)


def clip(
    a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None
) -> Tensor:
    """Limited from below and from above; the limits are differentiable too."""
    if (a_min is not None and min is not None) or (a_max is not None and max is not None):
        raise TypeError("clip: give each limit once, as a_min or min, a_max or max")
    low, high = a_min if min is None else min, a_max if max is None else max
    a = tensor(a, [low, high])
    limits = [x if x is None or isinstance(x, float | int) else tensor(x, a) for x in (low, high)]
    return xp.clip(a, *limits)


def nan_to_num(
    x: Any,
    copy: bool = True,
    nan: float = 0.0,
    posinf: float | None = None,
    neginf: float | None = None,
) -> Tensor:
    """With numbers in place of nan and of the infinities (by default the largest there are).

    Without `copy` a Tensor is changed itself.
    """
    given, x = x, tensor(x)
    if is_complex(x):
        parts = [_finite(part, nan, posinf, neginf) for part in (xp.real(x), xp.imag(x))]
        out = parts[0] + 1j * parts[1]
    else:
        out = _finite(x, nan, posinf, neginf) if is_floating(x) else xp.asarray(x, copy=copy)
    if x is not given or copy or out is x:
        return out
    x[...] = out
    return x


def _finite(x: Tensor, nan: float, posinf: float | None, neginf: float | None) -> Tensor:
    limits = namespace(x).finfo(x.dtype)
    x = xp.where(xp.isnan(x), nan, x)
    x = xp.where(x == math.inf, limits.max if posinf is None else posinf, x)
    return xp.where(x == -math.inf, limits.min if neginf is None else neginf, x)
