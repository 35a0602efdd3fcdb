"""Comparisons, truth values and bits: results without derivatives."""

from __future__ import annotations

from functools import partial
from typing import Any

from .. import array_api as xp
from ..core.tensor import Tensor
from ._dtypes import floats, is_bool
from ._elementwise import imag
from ._inputs import is_floating, tensor, tensors
from ._reductions import all, any
from ._ufuncs import ufunc

__all__ = [
    "allclose",
    "array_equal",
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "equal",
    "greater",
    "greater_equal",
    "invert",
    "isclose",
    "iscomplex",
    "isfinite",
    "isin",
    "isinf",
    "isnan",
    "isreal",
    "left_shift",
    "less",
    "less_equal",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "not_equal",
    "right_shift",
    "signbit",
]

bitwise_and = ufunc(xp.bitwise_and)
bitwise_or = ufunc(xp.bitwise_or)
bitwise_xor = ufunc(xp.bitwise_xor)
bitwise_not = bitwise_invert = invert = ufunc(xp.bitwise_invert)
bitwise_left_shift = left_shift = ufunc(xp.bitwise_left_shift)
bitwise_right_shift = right_shift = ufunc(xp.bitwise_right_shift)
equal = ufunc(xp.equal)
greater = ufunc(xp.greater)
greater_equal = ufunc(xp.greater_equal)
less = ufunc(xp.less)
less_equal = ufunc(xp.less_equal)
not_equal = ufunc(xp.not_equal)
signbit = ufunc(xp.signbit)


def _truth(x: Any) -> Tensor:
    x = tensor(x)
    return x if is_bool(x) else xp.not_equal(x, 0)


@partial(ufunc, reduce=all)
def logical_and(x1: Any, x2: Any, /) -> Tensor:
    """Whether both are true; numbers are true where they are not 0."""
    one, other = tensors(x1, x2)
    return xp.logical_and(_truth(one), _truth(other))


@partial(ufunc, reduce=any)
def logical_or(x1: Any, x2: Any, /) -> Tensor:
    """Whether one of the two is true."""
    one, other = tensors(x1, x2)
    return xp.logical_or(_truth(one), _truth(other))


@ufunc
def logical_xor(x1: Any, x2: Any, /) -> Tensor:
    """Whether exactly one of the two is true."""
    one, other = tensors(x1, x2)
    return xp.logical_xor(_truth(one), _truth(other))


@ufunc
def logical_not(x: Any, /) -> Tensor:
    """Whether it is false."""
    return xp.logical_not(_truth(x))


@ufunc
def isnan(x: Any, /) -> Tensor:
    """Whether it is nan."""
    return xp.isnan(tensor(x))


@ufunc
def isinf(x: Any, /) -> Tensor:
    """Whether it is inf or -inf."""
    return xp.isinf(tensor(x))


@ufunc
def isfinite(x: Any, /) -> Tensor:
    """Whether it is neither infinite nor nan."""
    return xp.isfinite(tensor(x))


def isreal(x: Any) -> Tensor:
    """Whether the imaginary part is 0, element by element."""
    return xp.equal(imag(x), 0)


def iscomplex(x: Any) -> Tensor:
    """Whether the imaginary part is not 0, element by element."""
    return xp.not_equal(imag(x), 0)


def isin(
    element: Any,
    test_elements: Any,
    assume_unique: bool = False,
    invert: bool = False,
    *,
    kind: str | None = None,
) -> Tensor:
    """Whether each element is among some others; `assume_unique` and `kind` change nothing."""
    found = xp.isin(*tensors(element, test_elements))
    return xp.logical_not(found) if invert else found


def isclose(
    a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: bool = False
) -> Tensor:
    """Whether |a - b| <= atol + rtol |b|, or both are the same infinity."""
    a, b = [floats(one.detach()) for one in tensors(a, b)]
    rtol, atol = [one if isinstance(one, float | int) else tensor(one, a) for one in (rtol, atol)]
    finite = xp.logical_and(xp.isfinite(a), xp.isfinite(b))
    distance = xp.abs(xp.where(finite, a - xp.where(finite, b, 0.0), 0.0))
    near = distance <= atol + rtol * xp.abs(xp.where(finite, b, 0.0))
    close = xp.logical_or(xp.logical_and(finite, near), a == b)
    if equal_nan:
        close = xp.logical_or(close, xp.logical_and(xp.isnan(a), xp.isnan(b)))
    return close


def allclose(a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: bool = False) -> bool:
    """Whether all elements are close; see `isclose`."""
    return bool(xp.all(isclose(a, b, rtol, atol, equal_nan)))


def array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> bool:
    """Whether two arrays have the same shape and the same elements."""
    a1, a2 = tensors(a1, a2)
    if a1.shape != a2.shape:
        return False
    same = a1 == a2
    if equal_nan and is_floating(a1) and is_floating(a2):
        same = xp.logical_or(same, xp.logical_and(xp.isnan(a1), xp.isnan(a2)))
    return bool(xp.all(same))
