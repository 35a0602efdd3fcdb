"""Linear algebra: the extension `linalg` of the standard.

Factorisations are in _decompositions.py, inverses and determinants in _inverses.py, the products
that the main namespace has too in _linear_algebra.py; here are norms, powers and parts of matrices.
"""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any, Literal

from ..core.words import composite, differentiable, nondifferentiable
from ._decompositions import cholesky, eig, eigh, eigvals, eigvalsh, qr, svd, svdvals
from ._helpers import anywhere, as_floating, axes_within, infinite_at_zero, is_complex, keep_axes
from ._inverses import det, inv, pinv, slogdet, solve
from ._linear_algebra import matmul, matrix_transpose, tensordot, vecdot
from ._matrices import rounding

if TYPE_CHECKING:
    from ..core.tensor import Tensor

__all__ = [
    "cholesky",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "inv",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "outer",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "svd",
    "svdvals",
    "tensordot",
    "trace",
    "vecdot",
    "vector_norm",
]

Axis = int | tuple[int, ...] | None


# ---- parts and products


@composite
def diagonal(xp: Any, x: Tensor, /, *, offset: int = 0) -> Tensor:
    """The diagonal of a matrix, or the one `offset` above it; read-only."""
    if x.ndim < 2:
        raise ValueError(f"diagonal needs at least two axes, and x has shape {x.shape}")
    *batch, rows, width = x.shape
    start = offset if offset >= 0 else -offset * width
    count = max(0, min(rows + min(offset, 0), width - max(offset, 0)))
    flat = xp.reshape(x, (*batch, rows * width))
    stop = start + (count - 1) * (width + 1) + 1
    part = flat[..., slice(start, stop, width + 1) if count else slice(0, 0)]
    return xp.broadcast_to(part, part.shape)  # which is what makes it read-only


@composite
def trace(xp: Any, x: Tensor, /, *, offset: int = 0, dtype: Any | None = None) -> Tensor:
    """The sum of a diagonal."""
    return xp.sum(xp.linalg.diagonal(x, offset=offset), axis=-1, dtype=dtype)


@composite
def outer(xp: Any, x1: Tensor, x2: Tensor, /) -> Tensor:
    """The products of each element of one vector with each of another."""
    if x1.ndim != 1 or x2.ndim != 1:
        raise ValueError(f"outer takes two vectors, and the shapes are {x1.shape} and {x2.shape}")
    return x1[:, None] * x2[None, :]


@composite
def cross(xp: Any, x1: Tensor, x2: Tensor, /, *, axis: int = -1) -> Tensor:
    """Cross product of vectors of three elements along an axis."""
    for x in (x1, x2):
        axes_within("cross", axis, x.shape)
    if x1.shape[axis] != 3 or x2.shape[axis] != 3:
        raise ValueError(
            f"cross: along axis {axis} there have to be 3 elements, and the shapes are {x1.shape} "
            f"and {x2.shape}"
        )
    a, b = xp.unstack(x1, axis=axis), xp.unstack(x2, axis=axis)
    parts = [a[i - 2] * b[i - 1] - a[i - 1] * b[i - 2] for i in range(3)]
    return xp.stack(xp.broadcast_arrays(*parts), axis=axis)


@composite
def matrix_power(xp: Any, x: Tensor, n: int, /) -> Tensor:
    """A square matrix multiplied n times with itself; its inverse for negative n."""
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise ValueError(f"matrix_power needs square matrices, and the shape is {x.shape}")
    try:
        n = operator.index(n)
    except TypeError:
        raise TypeError(f"matrix_power: n is an integer, not {n!r}") from None
    if n == 0:  # constant, but not without a history
        one = xp.eye(x.shape[-1], dtype=x.dtype, device=x.device)
        return xp.where(xp.zeros_like(x, dtype=xp.bool), x, one)
    if n < 0:
        return xp.linalg.matrix_power(xp.linalg.inv(x), -n)
    if n == 1:
        return x
    half = xp.linalg.matrix_power(x, n // 2)
    return half @ half @ x if n % 2 else half @ half


@nondifferentiable
def matrix_rank(xp: Any, x: Tensor, /, *, rtol: float | Tensor | None = None) -> Tensor:
    """How many singular values are not negligible."""
    return xp.linalg.matrix_rank(x, rtol=rtol)


# ---- norms: where all elements are 0, the derivatives of any order are 0


def unit(xp: Any, x: Any, out: Any, axis: Axis, keepdims: bool) -> Any:
    return x / infinite_at_zero(xp, keep_axes(xp, out, x.shape, axis, keepdims))


def euclidean_x(xp: Any, g: Any, x: Any, out: Any, axis: Axis, keepdims: bool) -> Any:
    return keep_axes(xp, g, x.shape, axis, keepdims) * unit(xp, x, out, axis, keepdims)


def euclidean_jvp(xp: Any, dx: Any, x: Any, out: Any, axis: Axis, keepdims: bool) -> Any:
    direction = unit(xp, x, out, axis, keepdims)
    along = xp.real(xp.conj(direction) * dx) if is_complex(xp, x) else direction * dx
    return xp.sum(along, axis=axis, keepdims=keepdims)


@differentiable(x=euclidean_x, jvp=euclidean_jvp)
def euclidean(xp: Any, x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The root of the sum of squares."""
    return xp.linalg.vector_norm(x, axis=axis, keepdims=keepdims)


def power_norm_slope(xp: Any, x: Any, out: Any, ord: float, axis: Axis, keepdims: bool) -> Any:
    out = keep_axes(xp, out, x.shape, axis, keepdims)
    zero = (x == 0) | (out == 0)  # an `out` of 0: all are, or ord < 0 and one is
    if not anywhere(xp, zero):
        return xp.sign(x) * (xp.abs(x) / out) ** (ord - 1)
    share = xp.abs(xp.where(zero, 1, x)) / xp.where(zero, 1, out)
    slope = xp.sign(x) * share ** (ord - 1)
    alone = zero & (out != 0)  # a 0 beside others, so ord > 0
    if ord < 1:  # a cusp
        return xp.where(alone, math.nan, xp.where(zero, 0, slope))
    if ord > 2:
        return xp.where(zero, 0, slope)
    # The slope is 0, and its own slope inf: as two factors, so that what arrives as 0 stays 0, and
    # not nan.
    huge = float(xp.finfo(x.dtype).max)
    return xp.where(zero, xp.where(alone, x, 0) * huge * huge, slope)


def power_norm_x(xp: Any, g: Any, x: Any, out: Any, ord: float, axis: Axis, keepdims: bool) -> Any:
    slope = power_norm_slope(xp, x, out, ord, axis, keepdims)
    return keep_axes(xp, g, x.shape, axis, keepdims) * slope


def power_norm_jvp(
    xp: Any, dx: Any, x: Any, out: Any, ord: float, axis: Axis, keepdims: bool
) -> Any:
    slope = power_norm_slope(xp, x, out, ord, axis, keepdims)
    along = xp.real(xp.conj(slope) * dx) if is_complex(xp, x) else slope * dx
    return xp.sum(along, axis=axis, keepdims=keepdims)


@differentiable(x=power_norm_x, jvp=power_norm_jvp)
def power_norm(
    xp: Any, x: Tensor, /, ord: float, *, axis: Axis = None, keepdims: bool = False
) -> Tensor:
    """The root of degree `ord` of the sum of powers."""
    return xp.linalg.vector_norm(x, axis=axis, keepdims=keepdims, ord=ord)


@composite
def vector_norm(
    xp: Any,
    x: Tensor,
    /,
    *,
    axis: Axis = None,
    keepdims: bool = False,
    ord: float = 2,
) -> Tensor:
    """Norm of vectors: the 1/ord-th power of the sum of magnitudes to the power ord."""
    x = as_floating(xp, x)
    if ord == 2:
        return euclidean(x, axis=axis, keepdims=keepdims)
    if ord == 0:
        kind = xp.real(x).dtype if is_complex(xp, x) else x.dtype
        return xp.sum(xp.astype(x != 0, kind), axis=axis, keepdims=keepdims)
    if ord == 1:
        return xp.sum(xp.abs(x), axis=axis, keepdims=keepdims)
    if ord == math.inf:
        return xp.max(xp.abs(x), axis=axis, keepdims=keepdims)
    if ord == -math.inf:
        return xp.min(xp.abs(x), axis=axis, keepdims=keepdims)
    return power_norm(x, ord, axis=axis, keepdims=keepdims)


@composite
def matrix_norm(
    xp: Any,
    x: Tensor,
    /,
    *,
    keepdims: bool = False,
    ord: float | Literal["fro", "nuc"] | None = "fro",
) -> Tensor:
    """Norm of matrices."""
    if ord == "fro" or ord is None:
        return xp.linalg.vector_norm(x, axis=(-2, -1), keepdims=keepdims)
    if ord not in MATRIX_NORMS:
        raise ValueError(f"matrix_norm: ord is 'fro' or one of {tuple(MATRIX_NORMS)}, not {ord!r}")
    norm = MATRIX_NORMS[ord](xp, as_floating(xp, x))
    return norm[..., None, None] if keepdims else norm


def singular_values(xp: Any, x: Tensor) -> Tensor:
    """The singular values, those of 0 as constants: like a magnitude, each has a kink there.

    For the convex norms, 2 and nuc, that is the subgradient of least norm.
    """
    s = xp.linalg.svdvals(x)
    return xp.where(s <= rounding(xp, s, -1), s.detach(), s)


# The sums of magnitudes are over columns for 1, over rows for inf.
MATRIX_NORMS = {
    "nuc": lambda xp, x: xp.sum(singular_values(xp, x), axis=-1),
    2: lambda xp, x: xp.max(singular_values(xp, x), axis=-1),
    -2: lambda xp, x: xp.min(singular_values(xp, x), axis=-1),
    1: lambda xp, x: xp.max(xp.sum(xp.abs(x), axis=-2), axis=-1),
    -1: lambda xp, x: xp.min(xp.sum(xp.abs(x), axis=-2), axis=-1),
    math.inf: lambda xp, x: xp.max(xp.sum(xp.abs(x), axis=-1), axis=-1),
    -math.inf: lambda xp, x: xp.min(xp.sum(xp.abs(x), axis=-1), axis=-1),
}
