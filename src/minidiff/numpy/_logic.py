"""Comparisons, truth values and bits: results without derivatives."""

from __future__ import annotations

from typing import Any

from .. import array_api as xp
from ..core.tensor import Tensor
from ._dtypes import floats, is_bool
from ._inputs import Axis, elementwise, is_floating, tensor, tensors

bitwise_and = elementwise(xp.bitwise_and)
bitwise_or = elementwise(xp.bitwise_or)
bitwise_xor = elementwise(xp.bitwise_xor)
bitwise_not = bitwise_invert = invert = elementwise(xp.bitwise_invert)
bitwise_left_shift = left_shift = elementwise(xp.bitwise_left_shift)
bitwise_right_shift = right_shift = elementwise(xp.bitwise_right_shift)
equal = elementwise(xp.equal)
greater = elementwise(xp.greater)
greater_equal = elementwise(xp.greater_equal)
less = elementwise(xp.less)
less_equal = elementwise(xp.less_equal)
not_equal = elementwise(xp.not_equal)
signbit = elementwise(xp.signbit)


def _truth(x: Any) -> Tensor:
    x = tensor(x)
    return x if is_bool(x) else xp.not_equal(x, 0)


def logical_and(x1: Any, x2: Any, /) -> Tensor:
    """Whether both are true; numbers are true where they are not 0."""
    one, other = tensors(x1, x2)
    return xp.logical_and(_truth(one), _truth(other))


def logical_or(x1: Any, x2: Any, /) -> Tensor:
    """Whether one of the two is true."""
    one, other = tensors(x1, x2)
    return xp.logical_or(_truth(one), _truth(other))


def logical_xor(x1: Any, x2: Any, /) -> Tensor:
    """Whether exactly one of the two is true."""
    one, other = tensors(x1, x2)
    return xp.logical_xor(_truth(one), _truth(other))


def logical_not(x: Any, /) -> Tensor:
    """Whether it is false."""
    return xp.logical_not(_truth(x))


def isnan(x: Any, /) -> Tensor:
    """Whether it is nan."""
    return xp.isnan(tensor(x))


def isinf(x: Any, /) -> Tensor:
    """Whether it is inf or -inf."""
    return xp.isinf(tensor(x))


def isfinite(x: Any, /) -> Tensor:
    """Whether it is neither infinite nor nan."""
    return xp.isfinite(tensor(x))


def all(a: Any, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
    """Whether all elements along axes are true."""
    return xp.all(tensor(a), axis=axis, keepdims=keepdims)


def any(a: Any, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
    """Whether any element along axes is true."""
    return xp.any(tensor(a), axis=axis, keepdims=keepdims)


def count_nonzero(a: Any, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
    """How many elements along axes are not 0; a Tensor also where NumPy gives an int."""
    return xp.count_nonzero(tensor(a), axis=axis, keepdims=keepdims)


def isin(
    element: Any, test_elements: Any, assume_unique: bool = False, invert: bool = False
) -> Tensor:
    """Whether each element is among some others; `assume_unique` changes nothing."""
    element, test_elements = tensors(element, test_elements)
    return xp.isin(element, test_elements, invert=invert)


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
