"""NumPy's linalg, and with it the names that the standard's has beyond it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as bare

from .. import array_api as xp
from ..core.tensor import Tensor
from ._inputs import Axis, is_complex, is_floating, tensor, tensors
from ._products import cross, diagonal, matmul, outer, tensordot, trace, vecdot

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
    "trace",
    "vecdot",
    "vector_norm",
]


def _matrix(a: Any) -> Tensor:
    """An array as a Tensor of a floating dtype."""
    a = tensor(a)
    return a if is_floating(a) else xp.astype(a, xp.float64)


def _hermitian(a: Any, UPLO: str) -> Tensor:
    a = _matrix(a)
    if UPLO.upper() not in ("L", "U"):
        raise ValueError(f"eigh: UPLO is 'L' or 'U', not {UPLO!r}")
    if UPLO.upper() == "L":
        return a
    flipped = xp.matrix_transpose(a)
    return xp.conj(flipped) if is_complex(a) else flipped


# ---- factorisations


def cholesky(a: Any, /, *, upper: bool = False) -> Tensor:
    """L with L Lᴴ = a, or Lᴴ if `upper`."""
    return xp.linalg.cholesky(_matrix(a), upper=upper)


def eigh(a: Any, UPLO: str = "L") -> Any:
    """Eigenvalues and eigenvectors of a Hermitian matrix, of which one triangle is read."""
    return xp.linalg.eigh(_hermitian(a, UPLO))


def eigvalsh(a: Any, UPLO: str = "L") -> Tensor:
    """Eigenvalues of a Hermitian matrix."""
    return xp.linalg.eigvalsh(_hermitian(a, UPLO))


def eig(a: Any) -> Any:
    """Eigenvalues and eigenvectors of a square matrix."""
    return xp.linalg.eig(_matrix(a))


def eigvals(a: Any) -> Tensor:
    """Eigenvalues of a square matrix."""
    return xp.linalg.eigvals(_matrix(a))


def qr(a: Any, mode: str = "reduced") -> Any:
    """Q and R with Q R = a; R alone for mode 'r'."""
    if mode not in ("reduced", "complete", "r"):
        raise ValueError(f"qr: mode is 'reduced', 'complete' or 'r', not {mode!r}")
    found = xp.linalg.qr(_matrix(a), mode="complete" if mode == "complete" else "reduced")
    return found.R if mode == "r" else found


def svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    """U, S and Vh with (U * S) @ Vh = a; S alone, if not `compute_uv`."""
    if not compute_uv:
        return svdvals(a)
    return xp.linalg.svd(_matrix(a), full_matrices=full_matrices)


def svdvals(x: Any, /) -> Tensor:
    """Singular values."""
    return xp.linalg.svdvals(_matrix(x))


# ---- solving


def inv(a: Any) -> Tensor:
    """The inverse of a square matrix."""
    return xp.linalg.inv(_matrix(a))


def pinv(a: Any, rcond: Any = None, *, rtol: Any = None) -> Tensor:
    """The pseudo-inverse; singular values below a share of the largest count as zero."""
    rtol = rcond if rtol is None else rtol
    return xp.linalg.pinv(_matrix(a), rtol=rtol)


def solve(a: Any, b: Any) -> Tensor:
    """X with a @ x = b."""
    a, b = [_matrix(one) for one in tensors(a, b)]
    dtype = xp.result_type(a, b)
    return xp.linalg.solve(xp.astype(a, dtype), xp.astype(b, dtype))


class LstsqResult(NamedTuple):
    """What `lstsq` returns; `rank` is a Python int."""

    x: Tensor
    residuals: Tensor
    rank: int
    singular_values: Tensor


def lstsq(a: Any, b: Any, rcond: Any = None) -> LstsqResult:
    """The x of least norm that minimises |a x - b|, with residuals, rank and singular values.

    Differentiable where the rank does not change.
    """
    a, b = [_matrix(one) for one in tensors(a, b)]
    rows, columns = a.shape
    eps = float(bare.finfo(str(a.dtype).rpartition(".")[2]).eps)
    values = svdvals(a)
    rtol = eps * max(rows, columns) if rcond is None else rcond
    rank = int(xp.count_nonzero(values > rtol * values[0])) if values.shape[0] else 0
    x = xp.matmul(xp.linalg.pinv(a, rtol=rtol), b)
    error = xp.matmul(a, x) - b
    squares = xp.real(error * xp.conj(error)) if is_complex(error) else error * error
    residuals = xp.sum(squares, axis=0, keepdims=b.ndim == 1)
    if rank < columns or rows <= columns:
        residuals = residuals[:0]
    return LstsqResult(x, residuals, rank, values)


def det(a: Any) -> Tensor:
    """The determinant."""
    return xp.linalg.det(_matrix(a))


def slogdet(a: Any) -> Any:
    """Sign and logarithm of the absolute value of the determinant."""
    return xp.linalg.slogdet(_matrix(a))


def matrix_power(a: Any, n: int) -> Tensor:
    """A square matrix multiplied n times with itself."""
    return xp.linalg.matrix_power(tensor(a), n)


def matrix_rank(A: Any, tol: Any = None, *, rtol: Any = None) -> Tensor:
    """How many singular values are above a threshold."""
    A = _matrix(A)
    if tol is not None:
        return xp.count_nonzero(svdvals(A) > tol, axis=-1)
    return xp.linalg.matrix_rank(A, rtol=rtol)


def matrix_transpose(x: Any, /) -> Tensor:
    """The last two axes exchanged."""
    return xp.matrix_transpose(tensor(x))


def multi_dot(arrays: Any) -> Tensor:
    """The product of several matrices (vectors at the ends), from left to right."""
    first, *others = tensors(*arrays)
    for other in others:
        first = xp.matmul(first, other)
    return first


# ---- norms


def norm(x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Tensor:
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
    x = _matrix(x)
    if axis is None:
        if ord is None:
            return vector_norm(x, axis=None, keepdims=keepdims)
        axis = -1 if x.ndim == 1 else tuple(range(x.ndim))
    if isinstance(axis, tuple) and len(axis) == 1:
        (axis,) = axis
    if isinstance(axis, int):
        if isinstance(ord, str):
            raise ValueError(f"norm: ord {ord!r} is for matrices, and the axis is {axis}")
        return vector_norm(x, ord=2 if ord is None else ord, axis=axis, keepdims=keepdims)
    if len(axis) != 2:
        raise ValueError(f"norm: a vector has one axis and a matrix two, and {axis} was given")
    moved = xp.moveaxis(x, axis, (-2, -1))
    out = xp.linalg.matrix_norm(moved, ord="fro" if ord is None else ord)
    if not keepdims:
        return out
    gone = [one % x.ndim for one in axis]
    return xp.reshape(out, tuple([1 if i in gone else side for i, side in enumerate(x.shape)]))


def vector_norm(x: Any, /, *, axis: Axis = None, keepdims: bool = False, ord: Any = 2) -> Tensor:
    """The norm of vectors along axes, of all elements if None."""
    return xp.linalg.vector_norm(_matrix(x), axis=axis, keepdims=keepdims, ord=ord)


def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Tensor:
    """The norm of the matrices of the last two axes."""
    return xp.linalg.matrix_norm(_matrix(x), keepdims=keepdims, ord=ord)


def cond(x: Any, p: Any = None) -> Tensor:
    """The condition number, by singular values or by another norm."""
    x = _matrix(x)
    if p is None or p == 2:
        values = svdvals(x)
        return values[..., 0] / values[..., -1]
    if p == -2:
        values = svdvals(x)
        return values[..., -1] / values[..., 0]
    return matrix_norm(x, ord=p) * matrix_norm(inv(x), ord=p)
