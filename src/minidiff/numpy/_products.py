"""Products of vectors, matrices and arrays; diagonals and triangles."""

from __future__ import annotations

import operator
from typing import Any

from .. import array_api as xp
from ..core.tensor import Tensor
from ._axes import axes_of, normalize_axis
from ._dtypes import alike_arrays, cast, dtype_for, is_bool
from ._inputs import into, namespace, tensor, tensors
from ._manipulation import ravel

__all__ = [
    "cross",
    "diag",
    "diagflat",
    "diagonal",
    "dot",
    "inner",
    "kron",
    "matmul",
    "outer",
    "paired_axes",
    "tensordot",
    "trace",
    "tril",
    "triu",
    "vdot",
    "vecdot",
]


def dot(a: Any, b: Any, out: Any = None) -> Tensor:
    """The product of two vectors, of matrices, or of an array's last axis with the second to last.

    Numbers multiply.
    """
    a, b = alike_arrays(a, b)
    if a.ndim == 0 or b.ndim == 0:
        return into(out, xp.multiply(a, b))
    if a.ndim <= 2 and b.ndim <= 2:
        return into(out, xp.matmul(a, b))
    return into(out, xp.tensordot(a, b, axes=((a.ndim - 1,), (max(b.ndim - 2, 0),))))


def vdot(a: Any, b: Any, /) -> Tensor:
    """The sum of the products of all elements, those of the first conjugated."""
    return vecdot(ravel(a), ravel(b))


def inner(a: Any, b: Any, /) -> Tensor:
    """The sum of products along the last axis of both."""
    a, b = alike_arrays(a, b)
    if a.ndim == 0 or b.ndim == 0:
        return xp.multiply(a, b)
    return xp.tensordot(a, b, axes=((a.ndim - 1,), (b.ndim - 1,)))


def outer(a: Any, b: Any, out: Any = None) -> Tensor:
    """The products of each element of one with each of the other, both laid flat."""
    a, b = tensors(a, b)
    return into(out, ravel(a)[:, None] * ravel(b)[None, :])


def matmul(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    casting: str = "same_kind",
    order: str = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Tensor:
    """Matrix product; leading axes are a batch and broadcast."""
    one, other = [cast(x, dtype, casting) for x in alike_arrays(x1, x2)]
    return into(out, xp.matmul(one, other), casting)


def vecdot(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    axis: int = -1,
    keepdims: bool = False,
    casting: str = "same_kind",
    order: str = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Tensor:
    """The sum of products along an axis, the first array conjugated."""
    one, other = [cast(x, dtype, casting) for x in alike_arrays(x1, x2)]
    one, other = [xp.moveaxis(x, normalize_axis(axis, x.ndim), -1) for x in (one, other)]
    both = is_bool(one)  # then whether any product holds
    found = xp.any(xp.logical_and(one, other), axis=-1) if both else xp.vecdot(one, other)
    return into(out, xp.expand_dims(found, operator.index(axis)) if keepdims else found, casting)


def tensordot(a: Any, b: Any, axes: Any = 2) -> Tensor:
    """The sum of products over axes: the last n of one and first n of the other, or as listed."""
    a, b = alike_arrays(a, b)
    return xp.tensordot(a, b, axes=paired_axes(axes, a.ndim, b.ndim))


def paired_axes(axes: Any, ndim: int, other: int) -> Any:
    """The `axes` of tensordot in Python's integers from 0 on."""
    if isinstance(axes, list | tuple) or getattr(axes, "ndim", 0) > 0:
        first, second = axes
        return axes_of(first, ndim), axes_of(second, other)
    return operator.index(axes)


def kron(a: Any, b: Any) -> Tensor:
    """Each element of one array times the whole of the other, side by side."""
    a, b = tensors(a, b)
    ndim = max(a.ndim, b.ndim)
    one = (1,) * (ndim - a.ndim) + a.shape
    other = (1,) * (ndim - b.ndim) + b.shape
    spread = xp.reshape(a, tuple([n for side in one for n in (side, 1)]))
    beside = xp.reshape(b, tuple([n for side in other for n in (1, side)]))
    return xp.reshape(spread * beside, tuple([n * m for n, m in zip(one, other, strict=True)]))


def cross(
    a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None
) -> Tensor:
    """Cross product of vectors of three elements."""
    a, b = alike_arrays(a, b)
    if axis is not None:
        axisa = axisb = axisc = axis
    a = xp.moveaxis(a, normalize_axis(axisa, a.ndim), -1)
    b = xp.moveaxis(b, normalize_axis(axisb, b.ndim), -1)
    out = xp.linalg.cross(a, b)
    return xp.moveaxis(out, -1, normalize_axis(axisc, out.ndim))


# ---- diagonals and triangles


def diagonal(a: Any, offset: Any = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """The diagonal of the planes of two axes, as the last axis."""
    a = tensor(a)
    if a.ndim < 2:
        raise ValueError(f"diagonal: a plane has two axes, and the shape is {a.shape}")
    a = xp.moveaxis(a, axes_of((axis1, axis2), a.ndim), (-2, -1))
    return xp.linalg.diagonal(a, offset=operator.index(offset))


def trace(
    a: Any,
    offset: Any = 0,
    axis1: int = 0,
    axis2: int = 1,
    dtype: Any = None,
    out: Any = None,
) -> Tensor:
    """The sum of a diagonal."""
    found = diagonal(a, offset, axis1, axis2)
    return into(out, xp.sum(found, axis=-1, dtype=dtype_for(dtype, found)))


def diag(v: Any, k: Any = 0) -> Tensor:
    """The diagonal of a matrix, or the matrix of a diagonal."""
    v, k = tensor(v), operator.index(k)
    if v.ndim == 2:
        return diagonal(v, k)
    if v.ndim != 1:
        raise ValueError(f"diag takes a vector or a matrix, and the shape is {v.shape}")
    space, more = namespace(v), abs(k)
    longer = xp.concat([v, space.zeros((more,), dtype=v.dtype, device=v.device)])
    # Chosen, not multiplied: an infinity times 0 is nan.
    mask = space.eye(longer.shape[0], k=k, dtype=space.bool, device=v.device)
    zero = False if is_bool(v) else 0
    return xp.where(mask, longer[:, None] if k >= 0 else longer[None, :], zero)


def diagflat(v: Any, k: Any = 0) -> Tensor:
    """The matrix with all elements of an array along its diagonal."""
    return diag(ravel(v), k)


def tril(m: Any, k: Any = 0) -> Tensor:
    """The lower triangle, zeros elsewhere."""
    return xp.tril(_matrices(m), k=operator.index(k))


def triu(m: Any, k: Any = 0) -> Tensor:
    """The upper triangle, zeros elsewhere."""
    return xp.triu(_matrices(m), k=operator.index(k))


def _matrices(m: Any) -> Tensor:
    """The array; of a vector a matrix, each row of which it is."""
    m = tensor(m)
    return xp.broadcast_to(m, m.shape * 2) if m.ndim == 1 else m
