"""The products of the main namespace. The `linalg` extension builds on them."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..core.words import bilinear, composite
from ._helpers import axes_within

if TYPE_CHECKING:
    from ..core.tensor import Tensor


def matmul_x1(xp: Any, g: Any, x1_shape: tuple[int, ...], x2: Any) -> Any:
    # A vector on the left is a row, one on the right a column, of matrices in between.
    if x2.ndim == 1:
        return g[..., None] * x2 if len(x1_shape) > 1 else g * x2
    if len(x1_shape) == 1:
        return xp.matmul(x2, g[..., None])[..., 0]
    return xp.matmul(g, xp.matrix_transpose(x2))


def matmul_x2(xp: Any, g: Any, x1: Any, x2_shape: tuple[int, ...]) -> Any:
    if x1.ndim == 1:
        return x1[:, None] * g[..., None, :] if len(x2_shape) > 1 else g * x1
    if len(x2_shape) == 1:
        columns = xp.matmul(xp.matrix_transpose(x1), g[..., None])
        return columns[..., 0]
    return xp.matmul(xp.matrix_transpose(x1), g)


@bilinear(x1=matmul_x1, x2=matmul_x2)
def matmul(xp: Any, x1: Tensor, x2: Tensor, /) -> Tensor:
    """Matrix product; leading axes are a batch and broadcast."""
    ...


@composite
def matrix_transpose(xp: Any, x: Tensor, /) -> Tensor:
    """The last two axes exchanged."""
    if x.ndim < 2:
        raise ValueError(f"matrix_transpose needs at least two axes, and x has shape {x.shape}")
    return xp.permute_dims(x, (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


@composite
def vecdot(xp: Any, x1: Tensor, x2: Tensor, /, *, axis: int = -1) -> Tensor:
    """Dot product of vectors along an axis; the first is conjugated."""
    axis = operator.index(axis)
    if not -min(x1.ndim, x2.ndim) <= axis < 0:
        raise ValueError(
            f"vecdot: axis counts from the end, -1 the last, within both of the shapes {x1.shape} "
            f"and {x2.shape}; found {axis}"
        )
    if x1.shape[axis] != x2.shape[axis]:
        raise ValueError(f"vecdot: along axis {axis} the shapes {x1.shape} and {x2.shape} differ")
    x1 = xp.moveaxis(x1, axis, -1)
    x2 = xp.moveaxis(x2, axis, -1)
    product = xp.matmul(xp.conj(x1)[..., None, :], x2[..., None])
    return product[..., 0, 0]


@composite
def tensordot(
    xp: Any,
    x1: Tensor,
    x2: Tensor,
    /,
    *,
    axes: int | tuple[Sequence[int], Sequence[int]] = 2,
) -> Tensor:
    """Sum of products over pairs of axes: a matrix product of the arrays laid flat."""
    if not isinstance(axes, tuple | list):
        axes = operator.index(axes)
        if not 0 <= axes <= min(x1.ndim, x2.ndim):
            raise ValueError(f"tensordot: {axes} axes of the shapes {x1.shape} and {x2.shape}")
        axes = (range(x1.ndim - axes, x1.ndim), range(axes))
    summed1 = axes_within("tensordot", axes[0], x1.shape)
    summed2 = axes_within("tensordot", axes[1], x2.shape)
    if len(set(summed1)) < len(summed1) or len(set(summed2)) < len(summed2):
        raise ValueError(f"tensordot: {axes} names an axis twice")
    lengths = [x1.shape[axis] for axis in summed1]
    if lengths != [x2.shape[axis] for axis in summed2]:
        raise ValueError(
            f"tensordot: the axes {axes[0]} of shape {x1.shape} and {axes[1]} of shape {x2.shape} "
            "have different lengths"
        )
    free1 = [axis for axis in range(x1.ndim) if axis not in summed1]
    free2 = [axis for axis in range(x2.ndim) if axis not in summed2]
    shape1 = [x1.shape[axis] for axis in free1]
    shape2 = [x2.shape[axis] for axis in free2]
    inner = math.prod(lengths)
    rows = xp.reshape(xp.permute_dims(x1, (*free1, *summed1)), (math.prod(shape1), inner))
    columns = xp.reshape(xp.permute_dims(x2, (*summed2, *free2)), (inner, math.prod(shape2)))
    return xp.reshape(xp.matmul(rows, columns), (*shape1, *shape2))
