"""Making arrays: of data, and of a shape; what is asked of an array."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as bare

from .. import array_api as xp
from ..core.tensor import Tensor
from ._axes import as_shape, check_order, normalize_axis
from ._dtypes import as_dtype, dtype_for
from ._inputs import first_tensor, is_complex, namespace, tensor

__all__ = [
    "array",
    "asanyarray",
    "asarray",
    "ascontiguousarray",
    "astype",
    "can_cast",
    "copy",
    "empty",
    "empty_like",
    "eye",
    "from_dlpack",
    "full",
    "full_like",
    "identity",
    "iscomplexobj",
    "isrealobj",
    "ndim",
    "ones",
    "ones_like",
    "result_type",
    "shape",
    "size",
    "tri",
    "zeros",
    "zeros_like",
]

from_dlpack = xp.from_dlpack
result_type = xp.result_type

# ---- of data


def array(
    object: Any,
    dtype: Any = None,
    *,
    copy: bool | None = True,
    order: str = "K",
    subok: bool = False,
    ndmin: int = 0,
    ndmax: int = 0,
    like: Any = None,
) -> Tensor:
    """A Tensor of nested lists, arrays or Tensors, which keep their history.

    With `copy=False` it is an error where a copy has to be made.
    """
    check_order("array", order)
    made = _made(object, dtype, copy, like=like)
    return xp.reshape(made, (1,) * (ndmin - made.ndim) + made.shape) if ndmin > made.ndim else made


def asarray(
    a: Any,
    dtype: Any = None,
    order: str | None = None,
    *,
    device: Any = None,
    copy: bool | None = None,
    like: Any = None,
) -> Tensor:
    """A Tensor of nested lists, arrays or Tensors; without a copy where possible."""
    check_order("asarray", order)
    return _made(a, dtype, copy, device, like)


asanyarray = ascontiguousarray = asarray


def _made(value: Any, dtype: Any, copy: Any, device: Any = None, like: Any = None) -> Tensor:
    """A Tensor in the library that `device` names, or of the first Tensor in it or in `like`."""
    first = first_tensor(value, like)
    if first is not None and device is None:
        device = first.device
    dtype = dtype_for(dtype, first)
    made: Tensor = namespace(first).asarray(value, dtype=dtype, copy=copy, device=device)
    return made


def copy(a: Any, order: str = "K", subok: bool = False) -> Tensor:
    """A copy with memory of its own, and the history."""
    check_order("copy", order)
    return xp.asarray(tensor(a), copy=True)


def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Tensor:
    """In another data type; integers have no history."""
    x = tensor(x)
    x = x if device is None else x.to_device(device)
    return xp.astype(x, dtype_for(dtype, x), copy=copy)


# ---- of a shape


def _new(name: str, shape: Any, dtype: Any, order: Any, device: Any, like: Any) -> Tensor:
    """What `zeros` and its kin of the table make, in the library of `like`, if that is given."""
    check_order(name, order)
    beside = None if like is None else tensor(like)
    if beside is not None:
        device = beside.device
    make = getattr(namespace(beside), name)
    dtype = dtype_for(float if dtype is None else dtype, beside)
    made: Tensor = make(as_shape(shape), dtype=dtype, device=device)
    return made


def empty(
    shape: Any, dtype: Any = None, order: str = "C", *, device: Any = None, like: Any = None
) -> Tensor:
    """An array whose values are whatever the memory held."""
    return _new("empty", shape, dtype, order, device, like)


def ones(
    shape: Any, dtype: Any = None, order: str = "C", *, device: Any = None, like: Any = None
) -> Tensor:
    """Ones."""
    return _new("ones", shape, dtype, order, device, like)


def zeros(
    shape: Any, dtype: Any = None, order: str = "C", *, device: Any = None, like: Any = None
) -> Tensor:
    """Zeros."""
    return _new("zeros", shape, dtype, order, device, like)


def full(
    shape: Any,
    fill_value: Any,
    dtype: Any = None,
    order: str = "C",
    *,
    device: Any = None,
    like: Any = None,
) -> Tensor:
    """One value everywhere; a Tensor as the value keeps its history."""
    check_order("full", order)
    value = _made(fill_value, dtype, None, None, like)
    value = value if device is None else value.to_device(device)
    return xp.asarray(xp.broadcast_to(value, as_shape(shape)), copy=True)


def _like(name: str, a: Any, dtype: Any, order: Any, shape: Any, device: Any) -> Tensor:
    a = tensor(a)
    dtype = a.dtype if dtype is None else dtype_for(dtype, a)
    sides = a.shape if shape is None else as_shape(shape)
    check_order(f"{name}_like", order)
    made: Tensor = getattr(namespace(a), name)(sides, dtype=dtype, device=device or a.device)
    return made


def empty_like(
    prototype: Any,
    /,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> Tensor:
    """`empty`, with the shape, dtype and device of an array."""
    return _like("empty", prototype, dtype, order, shape, device)


def ones_like(
    a: Any,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> Tensor:
    """`ones`, with the shape, dtype and device of an array."""
    return _like("ones", a, dtype, order, shape, device)


def zeros_like(
    a: Any,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> Tensor:
    """`zeros`, with the shape, dtype and device of an array."""
    return _like("zeros", a, dtype, order, shape, device)


def full_like(
    a: Any,
    fill_value: Any,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> Tensor:
    """One value everywhere, in the shape and dtype of an array; it keeps its history."""
    check_order("full_like", order)
    a = tensor(a, fill_value)
    value = tensor(fill_value, a)
    value = as_dtype(value, a.dtype if dtype is None else dtype_for(dtype, a))
    value = value if device is None else value.to_device(device)
    return xp.asarray(
        xp.broadcast_to(value, a.shape if shape is None else as_shape(shape)), copy=True
    )


def eye(
    N: Any,
    M: Any = None,
    k: Any = 0,
    dtype: Any = float,
    order: str = "C",
    *,
    device: Any = None,
    like: Any = None,
) -> Tensor:
    """Ones on a diagonal, zeros elsewhere."""
    check_order("eye", order)
    beside = None if like is None else tensor(like)
    rows, columns = operator.index(N), None if M is None else operator.index(M)
    dtype = dtype_for(float if dtype is None else dtype, beside)
    device = device if beside is None else beside.device
    make = namespace(beside).eye
    return make(rows, columns, k=operator.index(k), dtype=dtype, device=device)


def identity(n: Any, dtype: Any = None, *, like: Any = None) -> Tensor:
    """The identity matrix."""
    return eye(n, dtype=dtype, like=like)


def tri(N: Any, M: Any = None, k: Any = 0, dtype: Any = float, *, like: Any = None) -> Tensor:
    """Ones on and below a diagonal, zeros elsewhere."""
    whole = ones((N, N if M is None else M), dtype, like=like)
    return xp.tril(whole, k=operator.index(k))


# ---- what is asked of an array


def shape(a: Any) -> tuple[int, ...]:
    """The length of each axis."""
    return tensor(a).shape


def ndim(a: Any) -> int:
    """The number of axes."""
    return tensor(a).ndim


def size(a: Any, axis: Any = None) -> int:
    """The number of elements, or the length of axes."""
    sides = shape(a)
    axes = range(len(sides)) if axis is None else normalize_axis(axis, len(sides))
    return math.prod([sides[i] for i in axes]) if not isinstance(axes, int) else sides[axes]


def iscomplexobj(x: Any) -> bool:
    """Whether the dtype is complex."""
    return is_complex(tensor(x))


def isrealobj(x: Any) -> bool:
    """Whether the dtype is not complex."""
    return not iscomplexobj(x)


def can_cast(from_: Any, to: Any, casting: str = "safe") -> bool:
    """Whether a data type (an array's, if one is given) can become another."""
    if type(from_) is Tensor:
        if not isinstance(from_.dtype, bare.dtype):
            return namespace(from_).can_cast(from_.dtype, to)
        from_ = from_.dtype
    return bare.can_cast(from_, to, casting)  # type: ignore[arg-type]  # it checks the word
