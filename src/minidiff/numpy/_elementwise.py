"""Functions of one or two arrays, element by element, by NumPy's names.

Those that the table has serve as they are, under both names where the standard's is another.
"""

from __future__ import annotations

import math
import operator
from functools import partial
from typing import Any

from .. import array_api as xp
from ..array_api._elementwise import remainder_x2
from ..core import words
from ..core.tensor import Tensor
from ._dtypes import alike, doubles, floats
from ._inputs import into, is_complex, is_floating, namespace, tensor
from ._reductions import cumprod, cumsum, max, min, prod, sum
from ._ufuncs import accepted, ufunc
from ._writing import index_add

absolute = abs = ufunc(xp.abs)
acos = arccos = ufunc(xp.acos)
acosh = arccosh = ufunc(xp.acosh)
add = ufunc(xp.add, reduce=sum, accumulate=cumsum, at=index_add)
asin = arcsin = ufunc(xp.asin)
asinh = arcsinh = ufunc(xp.asinh)
atan = arctan = ufunc(xp.atan)
atan2 = arctan2 = ufunc(xp.atan2)
atanh = arctanh = ufunc(xp.atanh)
ceil = ufunc(xp.ceil)
conj = conjugate = ufunc(xp.conj)
copysign = ufunc(xp.copysign)
cos = ufunc(xp.cos)
cosh = ufunc(xp.cosh)
divide = true_divide = ufunc(xp.divide)
exp = ufunc(xp.exp)
expm1 = ufunc(xp.expm1)
floor = ufunc(xp.floor)
floor_divide = ufunc(xp.floor_divide)
hypot = ufunc(xp.hypot)
log = ufunc(xp.log)
log10 = ufunc(xp.log10)
log1p = ufunc(xp.log1p)
log2 = ufunc(xp.log2)
logaddexp = ufunc(xp.logaddexp)
maximum = ufunc(xp.maximum, reduce=max)
minimum = ufunc(xp.minimum, reduce=min)
multiply = ufunc(xp.multiply, reduce=prod, accumulate=cumprod)
negative = ufunc(xp.negative)
nextafter = ufunc(xp.nextafter)
positive = ufunc(xp.positive)
pow = power = ufunc(xp.pow)
reciprocal = ufunc(xp.reciprocal)
remainder = mod = ufunc(xp.remainder)
sign = ufunc(xp.sign)
sin = ufunc(xp.sin)
sinh = ufunc(xp.sinh)
sqrt = ufunc(xp.sqrt)
square = ufunc(xp.square)
subtract = ufunc(xp.subtract)
tan = ufunc(xp.tan)
tanh = ufunc(xp.tanh)
trunc = fix = ufunc(xp.trunc)

LN2 = math.log(2.0)


# ---- powers and logarithms


@ufunc
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


@ufunc
def cbrt(x: Any, /) -> Tensor:
    """The real cube root, of negative numbers too."""
    return real_cube_root(floats(x))


@ufunc
def float_power(x1: Any, x2: Any, /) -> Tensor:
    """x1**x2 in double precision, so that integers may have negative exponents."""
    return xp.pow(doubles(x1, like=x2), doubles(x2, like=x1))


@ufunc
def logaddexp2(x1: Any, x2: Any, /) -> Tensor:
    """log2(2**x1 + 2**x2), without overflow."""
    one, other = alike(x1, x2)
    return xp.logaddexp(floats(one) * LN2, floats(other) * LN2) / LN2


# ---- angles


@ufunc
def deg2rad(x: Any, /) -> Tensor:
    """Degrees to radians."""
    return floats(x) * (math.pi / 180)


@ufunc
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


def sinc(x: Any) -> Tensor:
    """sin(πx) / (πx), and 1 at 0."""
    y = floats(x) * math.pi
    small = xp.abs(y) < 0.5
    # Guarded on both sides: what is not chosen is finite, and so are its derivatives.
    near, far = xp.where(small, y, 0.0), xp.where(small, 1.0, y)
    series: Any = SINC[0]
    for coefficient in SINC[1:]:
        series = series * (near * near) + coefficient
    return xp.where(small, series, xp.sin(far) / far)


def i0(x: Any) -> Tensor:
    """The modified Bessel function of order 0; it needs SciPy."""
    from .. import special

    return special.i0(floats(x))


# ---- rounding, parts, extremes


# Not by `remainder` of the magnitudes on the tape: the slope of a magnitude at 0 is 0, and here it
# is 1.
@words.elementwise(x1=lambda g: g, x2=remainder_x2)
def remainder_of_first(xp: Any, x1: Tensor, x2: Tensor, /) -> Any:
    """Remainder with the sign of the dividend."""
    rest = xp.remainder(xp.abs(x1), xp.abs(x2))
    if xp.isdtype(rest.dtype, "integral"):
        return xp.where(x1 < 0, -rest, rest)
    return xp.copysign(rest, x1)


@ufunc
def fmod(x1: Any, x2: Any, /) -> Tensor:
    """The remainder with the sign of x1, as C has it."""
    return remainder_of_first(*alike(x1, x2))


@ufunc
def rint(x: Any, /) -> Tensor:
    """The nearest integer, as a floating number; halves go to the even one."""
    return xp.round(floats(x))


def round(a: Any, decimals: Any = 0, out: Any = None) -> Tensor:
    """To a number of decimals; halves go to the even neighbour."""
    return into(out, _rounded(tensor(a), operator.index(decimals)))


def _rounded(a: Tensor, decimals: int) -> Tensor:
    if decimals == 0 or (decimals > 0 and not is_floating(a)):
        return xp.round(a)
    if decimals > 0:
        scale = 10.0**decimals
        return xp.round(a * scale) / scale
    scale = 10.0**-decimals
    rounded = xp.round(floats(a) / scale) * scale
    return rounded if is_floating(a) else xp.astype(rounded, a.dtype)


around = round


@partial(ufunc, nout=2)
def divmod(x1: Any, x2: Any, /) -> tuple[Tensor, Tensor]:
    """The quotient rounded down, and the remainder."""
    one, other = accepted((x1, x2))
    return xp.floor_divide(one, other), xp.remainder(one, other)


@partial(ufunc, nout=2)
def modf(x: Any, /) -> tuple[Tensor, Tensor]:
    """The part behind the point, and the one before it, both with the sign of x."""
    x = floats(x)
    finite = xp.where(xp.isinf(x), 0.0, x)  # of infinity nothing is behind the point
    return remainder_of_first(finite, xp.ones_like(x)), xp.trunc(x)


@ufunc
def fabs(x: Any, /) -> Tensor:
    """The absolute value, as a floating number."""
    return xp.abs(floats(x))


# ---- complex numbers


def real(val: Any) -> Tensor:
    """The real part; a real array as it is."""
    val = tensor(val)
    return xp.real(val) if is_complex(val) else val


def imag(val: Any) -> Tensor:
    """The imaginary part; zeros of a real array."""
    val = tensor(val)
    return xp.imag(val) if is_complex(val) else xp.zeros_like(val)


@ufunc
def fmax(x1: Any, x2: Any, /) -> Tensor:
    """The larger one; where one of them is nan, the other one."""
    return xp.maximum(*_without_nan(*alike(x1, x2)))


@ufunc
def fmin(x1: Any, x2: Any, /) -> Tensor:
    """The smaller one; where one of them is nan, the other one."""
    return xp.minimum(*_without_nan(*alike(x1, x2)))


def _without_nan(one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    """Each of two, and the other one in place of its nan."""
    if not is_floating(one):
        return one, other
    return xp.where(xp.isnan(one), other, one), xp.where(xp.isnan(other), one, other)


@ufunc
def heaviside(x1: Any, x2: Any, /) -> Tensor:
    """0 where x1 is negative, 1 where it is positive, x2 where it is 0; nan stays nan."""
    one, other = [floats(x) for x in alike(x1, x2)]
    step = (xp.sign(one) + 1.0) / 2.0
    return xp.where(one == 0, other, step)


def clip(
    a: Any,
    a_min: Any = None,
    a_max: Any = None,
    out: Any = None,
    *,
    min: Any = None,
    max: Any = None,
    **kwargs: Any,
) -> Tensor:
    """Limited from below and from above; the limits are differentiable too.

    Further keywords are those of ufuncs: `where`, `dtype`, ...
    """
    if (a_min is not None and min is not None) or (a_max is not None and max is not None):
        raise TypeError("clip: give each limit once, as a_min or min, a_max or max")
    low, high = a_min if min is None else min, a_max if max is None else max
    a = tensor(a, [low, high])
    limits = [x if x is None or isinstance(x, float | int) else tensor(x, a) for x in (low, high)]
    if kwargs:
        return ufunc(lambda x, /: xp.clip(x, *limits))(a, out=out, **kwargs)
    return into(out, xp.clip(a, *limits))


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
