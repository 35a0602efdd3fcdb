"""Making arrays, data types, and what is asked of an array."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as bare

from .. import array_api as xp
from ..array_api import (
    bool,
    can_cast,
    complex64,
    complex128,
    e,
    float32,
    float64,
    inf,
    int8,
    int16,
    int32,
    int64,
    nan,
    newaxis,
    pi,
    result_type,
    uint8,
    uint16,
    uint32,
    uint64,
)
from ..core.tensor import Tensor
from ._inputs import first_tensor, namespace, tensor, tensors

# NumPy's own objects: what is no function of arrays serves as it is.
bool_ = bare.bool_
complexfloating = bare.complexfloating
double = bare.double
dtype = bare.dtype
errstate = bare.errstate
euler_gamma = bare.euler_gamma
finfo = bare.finfo
float16 = bare.float16
floating = bare.floating
generic = bare.generic
iinfo = bare.iinfo
inexact = bare.inexact
integer = bare.integer
intp = bare.intp
isscalar = bare.isscalar
issubdtype = bare.issubdtype
longdouble = bare.longdouble
number = bare.number
promote_types = bare.promote_types
single = bare.single

ndarray = Tensor

Shape = int | tuple[int, ...]

__all__ = [
    "arange",
    "array",
    "asanyarray",
    "asarray",
    "ascontiguousarray",
    "astype",
    "bool",
    "bool_",
    "can_cast",
    "complex64",
    "complex128",
    "complexfloating",
    "copy",
    "double",
    "dtype",
    "e",
    "empty",
    "empty_like",
    "errstate",
    "euler_gamma",
    "eye",
    "finfo",
    "float16",
    "float32",
    "float64",
    "floating",
    "full",
    "full_like",
    "generic",
    "geomspace",
    "identity",
    "iinfo",
    "inexact",
    "inf",
    "int8",
    "int16",
    "int32",
    "int64",
    "integer",
    "intp",
    "iscomplexobj",
    "isrealobj",
    "isscalar",
    "issubdtype",
    "linspace",
    "logspace",
    "longdouble",
    "nan",
    "ndarray",
    "ndim",
    "newaxis",
    "number",
    "ones",
    "ones_like",
    "pi",
    "promote_types",
    "result_type",
    "shape",
    "single",
    "size",
    "tri",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "zeros",
    "zeros_like",
]


# ---- of data


def array(object: Any, dtype: Any = None, *, copy: Any = True, ndmin: int = 0) -> Tensor:
    """A Tensor of nested lists, arrays or Tensors, which keep their history."""
    made = _made(object, dtype, copy=True if copy else None)
    return xp.reshape(made, (1,) * (ndmin - made.ndim) + made.shape) if ndmin > made.ndim else made


def asarray(a: Any, dtype: Any = None, *, copy: Any = None) -> Tensor:
    """A Tensor of nested lists, arrays or Tensors; without a copy where possible."""
    return _made(a, dtype, copy)


asanyarray = ascontiguousarray = asarray


def _made(value: Any, dtype: Any, copy: Any) -> Tensor:
    dtype = None if dtype is None else bare.dtype(dtype)
    first = first_tensor(value)
    made: Tensor = namespace(value).asarray(
        value, dtype=dtype, copy=copy, device=None if first is None else first.device
    )
    return made


def copy(a: Any) -> Tensor:
    """A copy with memory of its own, and the history."""
    return xp.asarray(tensor(a), copy=True)


def astype(x: Any, dtype: Any, /, *, copy: Any = True) -> Tensor:
    """In another data type; integers have no history."""
    return xp.astype(
        tensor(x), bare.dtype(dtype) if isinstance(dtype, type | str) else dtype, copy=copy
    )


# ---- of a shape


def _filled(name: str) -> Callable[..., Tensor]:
    function = getattr(xp, name)

    def make(shape: Any, dtype: Any = float, *, device: Any = None) -> Tensor:
        sides = (shape,) if isinstance(shape, int) else tuple([int(side) for side in shape])
        made: Tensor = function(sides, dtype=bare.dtype(dtype), device=device)
        return made

    make.__name__ = make.__qualname__ = name
    make.__doc__ = function.__doc__
    return make


empty, ones, zeros = _filled("empty"), _filled("ones"), _filled("zeros")


def full(shape: Any, fill_value: Any, dtype: Any = None, *, device: Any = None) -> Tensor:
    """One value everywhere; a Tensor as the value keeps its history."""
    sides = (shape,) if isinstance(shape, int) else tuple(shape)
    first = first_tensor(fill_value)
    value = _made(fill_value, dtype, copy=None)
    if first is None and device is not None:
        value = value.to_device(device)
    return xp.asarray(xp.broadcast_to(value, sides), copy=True)


def _like(name: str) -> Callable[..., Tensor]:
    function = getattr(xp, name)

    def make(a: Any, dtype: Any = None, *, shape: Any = None) -> Tensor:
        a = tensor(a)
        dtype = a.dtype if dtype is None else bare.dtype(dtype)
        sides = a.shape if shape is None else (shape,) if isinstance(shape, int) else tuple(shape)
        made: Tensor = getattr(namespace(a), name)(sides, dtype=dtype, device=a.device)
        return made

    make.__name__ = make.__qualname__ = f"{name}_like"
    make.__doc__ = f"{function.__doc__} The shape, dtype and device are those of an array."
    return make


empty_like, ones_like, zeros_like = _like("empty"), _like("ones"), _like("zeros")


def full_like(a: Any, fill_value: Any, dtype: Any = None) -> Tensor:
    """One value everywhere, in the shape and dtype of an array."""
    a, value = tensors(a, fill_value)
    value = xp.astype(value, a.dtype if dtype is None else bare.dtype(dtype))
    return xp.asarray(xp.broadcast_to(value, a.shape), copy=True)


def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = float) -> Tensor:
    """Ones on a diagonal, zeros elsewhere."""
    return xp.eye(N, M, k=k, dtype=bare.dtype(dtype))


def identity(n: int, dtype: Any = float) -> Tensor:
    """The identity matrix."""
    return eye(n, dtype=dtype)


def tri(N: int, M: int | None = None, k: int = 0, dtype: Any = float) -> Tensor:
    """Ones on and below a diagonal, zeros elsewhere."""
    return xp.tril(ones((N, N if M is None else M), dtype), k=k)


# ---- in steps


def arange(
    start: float, /, stop: float | None = None, step: float = 1, dtype: Any = None
) -> Tensor:
    """Evenly spaced values in a half-open interval."""
    return xp.arange(start, stop, step, dtype=None if dtype is None else bare.dtype(dtype))


def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: Any = True,
    retstep: Any = False,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """A number of evenly spaced values in an interval, whose ends may be arrays and Tensors."""
    one, other = tensors(start, stop)
    one, other = one * 1.0, other * 1.0
    parts = (num - 1) if endpoint else num
    step = (other - one) / (parts if parts > 0 else nan)
    place = namespace(one).arange(float(num), device=one.device)
    place = xp.astype(xp.reshape(place, (num, *(1,) * step.ndim)), step.dtype)
    out = one + place * step if num > 1 else one + place * 0
    if endpoint and num > 1:  # the end itself, without rounding errors
        last = xp.reshape(xp.broadcast_to(other, step.shape), (1, *step.shape))
        out = xp.concat([out[:-1, ...], last], axis=0)
    if dtype is not None:
        out = xp.astype(out, bare.dtype(dtype))
    out = xp.moveaxis(out, 0, axis) if axis else out
    return (out, step) if retstep else out


def logspace(
    start: Any, stop: Any, num: int = 50, endpoint: Any = True, base: Any = 10.0, dtype: Any = None
) -> Tensor:
    """Powers of a base at evenly spaced exponents."""
    out = xp.pow(base, linspace(start, stop, num, endpoint))
    return out if dtype is None else xp.astype(out, bare.dtype(dtype))


def geomspace(
    start: Any, stop: Any, num: int = 50, endpoint: Any = True, dtype: Any = None
) -> Tensor:
    """Values in an interval, each the same multiple of the one before; real ends of one sign."""
    one, other = tensors(start, stop)
    sign = xp.sign(one).detach() * 1.0
    logs = linspace(xp.log(one * sign), xp.log(other * sign), num, endpoint)
    out = sign * xp.exp(logs)
    return out if dtype is None else xp.astype(out, bare.dtype(dtype))


# ---- what is asked of an array


def shape(a: Any) -> tuple[int, ...]:
    """The length of each axis."""
    return tensor(a).shape


def ndim(a: Any) -> int:
    """The number of axes."""
    return tensor(a).ndim


def size(a: Any, axis: int | None = None) -> int:
    """The number of elements, or the length of an axis."""
    sides = shape(a)
    return math.prod(sides) if axis is None else sides[axis]


def iscomplexobj(x: Any) -> Any:
    """Whether the dtype is complex."""
    x = tensor(x)
    return x._backend.is_complex(x.dtype)


def isrealobj(x: Any) -> Any:
    """Whether the dtype is not complex."""
    return not iscomplexobj(x)
