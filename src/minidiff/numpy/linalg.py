"""NumPy's linalg, and with it the names that the standard's has beyond it."""

from __future__ import annotations

import math
import operator
from typing import Any, NamedTuple

import numpy as bare

from .. import array_api as xp
from ..array_api._helpers import anywhere
from ..core.tensor import Tensor
from ._axes import axes_of, normalize_axis
from ._dtypes import alike, alike_arrays, dtype_for, floats
from ._inputs import into, is_complex, namespace, tensor, tensors
from ._products import matmul, paired_axes, vecdot

LinAlgError = bare.linalg.LinAlgError

__all__ = [
    "LinAlgError",
    "cholesky",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "inv",
    "lstsq",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "multi_dot",
    "norm",
    "outer",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "svd",
    "svdvals",
    "tensordot",
    "tensorinv",
    "tensorsolve",
    "trace",
    "vecdot",
    "vector_norm",
]


def _hermitian(a: Any, UPLO: str, where: str) -> Tensor:
    """A Hermitian matrix, of which a triangle is read: that triangle where the table reads it."""
    a = floats(a)
    if UPLO.upper() not in ("L", "U"):
        raise ValueError(f"{where}: UPLO is 'L' or 'U', not {UPLO!r}")
    return a if UPLO.upper() == "L" else _adjoint(a)


def _adjoint(a: Tensor) -> Tensor:
    flipped = xp.matrix_transpose(a)
    return xp.conj(flipped) if is_complex(a) else flipped


# ---- parts and products: of the last two axes, where the main namespace has the first two


def diagonal(x: Any, /, *, offset: int = 0) -> Tensor:
    """The diagonals of matrices."""
    return xp.linalg.diagonal(tensor(x), offset=offset)


def trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Tensor:
    """The sums of the diagonals of matrices."""
    x = tensor(x)
    return xp.linalg.trace(x, offset=offset, dtype=dtype_for(dtype, x))


def matrix_transpose(x: Any, /) -> Tensor:
    """The last two axes exchanged."""
    return xp.matrix_transpose(tensor(x))


def outer(x1: Any, x2: Any, /) -> Tensor:
    """The products of each element of one vector with each of another."""
    return xp.linalg.outer(*tensors(x1, x2))


def cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Tensor:
    """Cross product of vectors of three elements."""
    one, other = alike_arrays(x1, x2)
    for x in (one, other):
        normalize_axis(axis, x.ndim)  # which raises; from the end it is the same axis in both
    return xp.linalg.cross(one, other, axis=operator.index(axis))


def tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Tensor:
    """Sum of products over pairs of axes."""
    one, other = alike_arrays(x1, x2)
    return xp.tensordot(one, other, axes=paired_axes(axes, one.ndim, other.ndim))


def multi_dot(arrays: Any, *, out: Any = None) -> Tensor:
    """The product of several matrices (vectors at the ends), in the cheapest order."""
    parts = alike(*arrays)
    if len(parts) < 2:
        raise ValueError(f"multi_dot needs at least two arrays, not {len(parts)}")
    first, last = parts[0], parts[-1]
    sides = [first.shape[0] if first.ndim == 2 else 1, *[part.shape[0] for part in parts[1:]]]
    sides.append(last.shape[1] if last.ndim == 2 else 1)
    return into(out, _multiplied(parts, _best_splits(sides), 0, len(parts) - 1))


def _best_splits(sides: list[int]) -> dict[tuple[int, int], int]:
    """Where to cut each chain i..j of matrices, the k-th of shape (sides[k], sides[k + 1]).

    T. H. Cormen et al., "Introduction to Algorithms", 3rd ed., section 15.2.
    """
    count = len(sides) - 1
    cost = {(i, i): 0 for i in range(count)}
    splits = {}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            cost[i, j], splits[i, j] = min(
                (cost[i, k] + cost[k + 1, j] + sides[i] * sides[k + 1] * sides[j + 1], k)
                for k in range(i, j)
            )
    return splits


def _multiplied(parts: list[Tensor], splits: dict[tuple[int, int], int], i: int, j: int) -> Tensor:
    if i == j:
        return parts[i]
    k = splits[i, j]
    return xp.matmul(_multiplied(parts, splits, i, k), _multiplied(parts, splits, k + 1, j))


# ---- factorisations


def cholesky(a: Any, /, *, upper: bool = False) -> Tensor:
    """L with L Lᴴ = a, or Lᴴ if `upper`."""
    return xp.linalg.cholesky(floats(a), upper=upper)


def eigh(a: Any, UPLO: str = "L") -> Any:
    """Eigenvalues and eigenvectors of a Hermitian matrix, of which one triangle is read."""
    return xp.linalg.eigh(_hermitian(a, UPLO, "eigh"))


def eigvalsh(a: Any, UPLO: str = "L") -> Tensor:
    """Eigenvalues of a Hermitian matrix."""
    return xp.linalg.eigvalsh(_hermitian(a, UPLO, "eigvalsh"))


def eig(a: Any) -> Any:
    """Eigenvalues and eigenvectors of square matrices; real where all of a real matrix's are."""
    a = floats(a)
    found = xp.linalg.eig(a)
    if is_complex(a) or anywhere(xp, xp.imag(found.eigenvalues) != 0):
        return found
    return type(found)(xp.real(found.eigenvalues), xp.real(found.eigenvectors))


def eigvals(a: Any) -> Tensor:
    """Eigenvalues of square matrices; real where all of a real matrix's are."""
    a = floats(a)
    found = xp.linalg.eigvals(a)
    return found if is_complex(a) or anywhere(xp, xp.imag(found) != 0) else xp.real(found)


def qr(a: Any, mode: str = "reduced") -> Any:
    """Q and R with Q R = a; R alone for mode 'r'."""
    if mode not in ("reduced", "complete", "r"):
        raise ValueError(
            f"qr: mode is 'reduced', 'complete' or 'r', not {mode!r} (LAPACK's own form of Q, "
            "'raw', is not differentiated)"
        )
    found = xp.linalg.qr(floats(a), mode="complete" if mode == "complete" else "reduced")
    return found.R if mode == "r" else found


def svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    """U, S and Vh with (U * S) @ Vh = a; S alone, if not `compute_uv`.

    With `hermitian` the lower triangle stands for the whole matrix.
    """
    a = _from_lower(floats(a), "svd") if hermitian else floats(a)
    if not compute_uv:
        return xp.linalg.svdvals(a)
    return xp.linalg.svd(a, full_matrices=full_matrices)


def _from_lower(a: Tensor, where: str) -> Tensor:
    """The Hermitian matrix of which the lower triangle is given."""
    if a.ndim < 2:
        raise LinAlgError(f"{where}: a matrix has two axes, and the shape is {a.shape}")
    below = xp.tril(a, k=-1)
    diagonal = a - below - xp.triu(a, k=1)
    if is_complex(a):
        diagonal = (diagonal + _adjoint(diagonal)) / 2
    return below + diagonal + _adjoint(below)


def svdvals(x: Any, /) -> Tensor:
    """Singular values."""
    return xp.linalg.svdvals(floats(x))


# ---- solving


def inv(a: Any) -> Tensor:
    """The inverse of a square matrix."""
    return xp.linalg.inv(floats(a))


def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Tensor:
    """The pseudo-inverse; singular values below a share of the largest count as zero.

    That share is `rcond` or `rtol`, and 1e-15 if neither is given. With `hermitian` the lower
    triangle stands for the whole matrix.
    """
    if rcond is not None and rtol is not None:
        raise ValueError("pinv: rcond and rtol are two names of one number; give one")
    a = _from_lower(floats(a), "pinv") if hermitian else floats(a)
    share = 1e-15 if rcond is None and rtol is None else rtol if rcond is None else rcond
    return xp.linalg.pinv(a, rtol=share if isinstance(share, float | int) else tensor(share, a))


def solve(a: Any, b: Any) -> Tensor:
    """X with a @ x = b."""
    return xp.linalg.solve(*alike(floats(a, like=b), floats(b, like=a)))


def tensorsolve(a: Any, b: Any, axes: Any = None) -> Tensor:
    """X with tensordot(a, x, x.ndim) = b; before that, `axes` of a are moved to its end."""
    a, b = alike(floats(a, like=b), floats(b, like=a))
    if axes is not None:
        gone = axes_of(axes, a.ndim)
        a = xp.permute_dims(a, (*[i for i in range(a.ndim) if i not in gone], *gone))
    sides = a.shape[b.ndim :]
    size = math.prod(sides)
    if a.size != size * size or size != b.size:
        raise LinAlgError(f"tensorsolve: {a.shape} is no square matrix for a result like {b.shape}")
    found = xp.linalg.solve(xp.reshape(a, (size, size)), xp.reshape(b, (size,)))
    return xp.reshape(found, sides)


def tensorinv(a: Any, ind: Any = 2) -> Tensor:
    """The inverse with respect to tensordot over the first `ind` axes of a."""
    a, ind = floats(a), operator.index(ind)
    first, last = a.shape[:ind], a.shape[ind:]
    size = math.prod(last)
    if ind < 1 or math.prod(first) != size:
        raise LinAlgError(f"tensorinv: {a.shape} cut before axis {ind} is no square matrix")
    return xp.reshape(xp.linalg.inv(xp.reshape(a, (size, size))), (*last, *first))


class LstsqResult(NamedTuple):
    """What `lstsq` returns; `rank` is a Python int, inside vmap a Tensor."""

    x: Tensor
    residuals: Tensor
    rank: Any
    singular_values: Tensor


def lstsq(a: Any, b: Any, rcond: float | None = None) -> LstsqResult:
    """The x of least norm that minimises |a x - b|, with residuals, rank and singular values.

    Differentiable where the rank does not change. Inside vmap the rank is an array, and residuals
    are given whatever it is.
    """
    a, b = alike(floats(a, like=b), floats(b, like=a))
    if a.ndim != 2:
        raise ValueError(f"lstsq: a matrix is needed, and the shape is {a.shape}")
    rows, columns = a.shape
    eps = float(namespace(a).finfo(a.dtype).eps)
    # What NumPy's defaults stand for: -1 is the machine's precision.
    share = eps * max(rows, columns) if rcond is None else eps if rcond < 0 else rcond
    values = xp.linalg.svdvals(a)
    rank: Any = xp.sum(xp.astype(values > share * values[:1], namespace(a).int64))
    if rank._backend.base is None:  # else each sample has one of its own
        rank = int(rank)
    x = xp.matmul(xp.linalg.pinv(a, rtol=share), b)
    residuals = xp.sum(_squares(xp.matmul(a, x) - b), axis=0, keepdims=b.ndim == 1)
    if rows <= columns or (type(rank) is int and rank < columns):
        residuals = residuals[:0]
    return LstsqResult(x, residuals, rank, values)


def _squares(x: Tensor) -> Tensor:
    return xp.real(x * xp.conj(x)) if is_complex(x) else x * x


def det(a: Any) -> Tensor:
    """The determinant."""
    return xp.linalg.det(floats(a))


def slogdet(a: Any) -> Any:
    """Sign and logarithm of the absolute value of the determinant."""
    return xp.linalg.slogdet(floats(a))


def matrix_power(a: Any, n: Any) -> Tensor:
    """A square matrix multiplied n times with itself."""
    n = operator.index(n)
    return xp.linalg.matrix_power(tensor(a) if n >= 0 else floats(a), n)


def matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Tensor:
    """How many singular values are above a threshold, of a vector whether it is not zero.

    With `hermitian` the lower triangle stands for the whole matrix.
    """
    A = floats(A)
    if A.ndim < 2:
        return xp.astype(xp.any(A != 0), namespace(A).int64)
    if hermitian:
        A = _from_lower(A, "matrix_rank")
    if tol is None:
        return xp.linalg.matrix_rank(A, rtol=rtol)
    limit = tol if isinstance(tol, float | int) else tensor(tol, A)[..., None]
    return xp.count_nonzero(xp.linalg.svdvals(A) > limit, axis=-1)


# ---- norms


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The norm of vectors along one axis, of matrices along two, or of all elements.

    Parameters
    ----------
    x : array
        Anything that NumPy makes an array of.
    ord : {number, inf, -inf, 'fro', 'nuc'}, optional
        As in `numpy.linalg.norm`.
    axis : int or pair of int, optional
        By default the norm of the vector, of the matrix, or (without `ord`) of all elements.
    keepdims : bool
        Keep the axes that went, with length one.
    """
    x = floats(x)
    axes = _norm_axes(x, ord, axis)
    if len(axes) != 2 or (axis is None and ord is None):
        if isinstance(ord, str):
            raise ValueError(f"norm: ord {ord!r} is for matrices, and the axis is {axes[0]}")
        return vector_norm(x, ord=2 if ord is None else ord, axis=axes or None, keepdims=keepdims)
    moved = xp.moveaxis(x, axes, (-2, -1))
    out = xp.linalg.matrix_norm(moved, ord="fro" if ord is None else ord)
    if not keepdims:
        return out
    return xp.reshape(out, tuple([1 if i in axes else side for i, side in enumerate(x.shape)]))


def _norm_axes(x: Tensor, ord: Any, axis: Any) -> tuple[int, ...]:
    """The axes that `norm` reduces: all without `ord`, else one for vectors, two for matrices."""
    if isinstance(axis, list):
        raise TypeError(f"norm: axis is an integer or a tuple of them, not {axis!r}")
    axes = axes_of(axis, x.ndim)
    if axis is None and ord is None:
        return axes
    if len(axes) not in (1, 2):
        raise ValueError(f"norm: a vector has one axis and a matrix two, and {axes} was given")
    return axes


def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Tensor:
    """The norm of vectors along axes, of all elements if None."""
    x = floats(x)
    axis = normalize_axis(axis, x.ndim)
    return xp.linalg.vector_norm(x, axis=axis, keepdims=keepdims, ord=ord)


def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Tensor:
    """The norm of the matrices of the last two axes."""
    return xp.linalg.matrix_norm(floats(x), keepdims=keepdims, ord=ord)


def cond(x: Any, p: Any = None) -> Tensor:
    """The condition number, by singular values or by another norm; inf of a singular matrix."""
    x = floats(x)
    if p is None or p in (2, -2):
        values = xp.linalg.svdvals(x)
        largest, smallest = values[..., 0], values[..., -1]
        if p == -2:
            return smallest / largest
        singular = smallest == 0
        return xp.where(singular, math.inf, largest / xp.where(singular, 1.0, smallest))
    # A singular matrix has no inverse, and libraries raise.
    singular = xp.linalg.slogdet(x.detach()).sign == 0
    one = namespace(x).eye(x.shape[-1], dtype=x.dtype, device=x.device)
    regular = xp.where(singular[..., None, None], one, x)
    norms = matrix_norm(regular, ord=p) * matrix_norm(xp.linalg.inv(regular), ord=p)
    return xp.where(singular, math.inf, norms)
