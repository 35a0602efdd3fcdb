"""Inverses and determinants.

M. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
differentiation", 2008, sections 2.2 and 2.3.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from ..core.words import differentiable
from ._equal_values import of_both
from ._helpers import anywhere, as_floating, constant, is_complex
from ._matrices import adjoint, columns, identity

if TYPE_CHECKING:
    from ..core.tensor import Tensor


class SlogdetResult(NamedTuple):
    """The sign (or phase) of a determinant, and the logarithm of its magnitude."""

    sign: Tensor
    logabsdet: Tensor


def inv_x(xp: Any, g: Any, out: Any) -> Any:
    back = adjoint(xp, out)
    return -(back @ g @ back)


@differentiable(x=inv_x, jvp=lambda xp, dx, out: -(out @ dx @ out))
def inv(xp: Any, x: Tensor, /) -> Tensor:
    """Inverse of a square matrix."""
    return xp.linalg.inv(x)


def solve_columns(xp: Any, x1: Any, x2: Any, vector: bool) -> Any:
    return xp.linalg.solve(x1, x2[..., None])[..., 0] if vector else xp.linalg.solve(x1, x2)


def solve_x1(xp: Any, g: Any, x1: Any, x2_shape: tuple[int, ...], out: Any) -> Any:
    vector = len(x2_shape) == 1
    back = solve_columns(xp, adjoint(xp, x1), g, vector)
    if vector:
        back, out = back[..., None], out[..., None]
    return -back @ adjoint(xp, out)


def solve_x2(xp: Any, g: Any, x1: Any, x2_shape: tuple[int, ...]) -> Any:
    return solve_columns(xp, adjoint(xp, x1), g, len(x2_shape) == 1)


def solve_jvp(xp: Any, dx1: Any, dx2: Any, x1: Any, x2_shape: tuple[int, ...], out: Any) -> Any:
    vector = len(x2_shape) == 1
    moved = (dx1 @ out[..., None])[..., 0] if vector else dx1 @ out
    return solve_columns(xp, x1, dx2 - moved, vector)


@differentiable(x1=solve_x1, x2=solve_x2, jvp=solve_jvp)
def solve(xp: Any, x1: Tensor, x2: Tensor, /) -> Tensor:
    """The solution X of x1 @ X = x2."""
    return xp.linalg.solve(x1, x2)


def inverse_or_nan(xp: Any, x: Any, regular: Any) -> Any:
    """The inverses of matrices; nan for those that have none, where a library would raise."""
    regular = regular[..., None, None]
    if not anywhere(xp, ~regular):
        return xp.linalg.inv(x)
    one = identity(xp, x)
    return xp.where(regular, xp.linalg.inv(xp.where(regular, x, one)), math.nan)


# ---- determinants
#
# The gradient of det is the adjugate: det(x) inv(x), but a polynomial in x. Near singular matrices
# that product is right and its derivatives are not (of terms of size 1 / det little is left), so
# there the adjugate is made of terms that stay regular. Rejected: the factors of a singular value
# decomposition, of which two values of 0 have no derivatives; n² minors, in n⁵ operations.


def adjugate(xp: Any, x: Any, det: Any) -> Any:
    """det(x) inv(x), and its limit where x is singular: exact for every rank and to every order."""
    det = det[..., None, None]
    singular = det == 0
    regular = xp.where(singular, identity(xp, x), x) if anywhere(xp, singular) else x
    inverse = xp.linalg.inv(regular)
    stretch = size(xp, constant(regular)) * size(xp, constant(inverse))
    singular = singular | (stretch * math.sqrt(float(xp.finfo(x.dtype).eps)) > 1)
    if not anywhere(xp, singular):
        return det * inverse
    one = identity(xp, x)
    exact = adjugate_of_singular(xp, xp.where(singular, x, one))
    # Once more: where it is not chosen, an infinite derivative would still become nan.
    inverse = xp.linalg.inv(xp.where(singular, one, x))
    return xp.where(singular, exact, det * inverse)


def size(xp: Any, x: Any) -> Any:
    """A norm of matrices, within a factor of n of the others, and cheaper than they are."""
    return xp.sum(xp.abs(x), axis=(-2, -1), keepdims=True) / max(x.shape[-1], 1)


def adjugate_of_singular(xp: Any, x: Any) -> Any:
    """The adjugate of x = X - E Fᴴ, where X is regular, and E and F are constant.

    With R = inv(X) and C = 1 - Fᴴ R E: det(x) = det(X) det(C) and inv(x) = R + R E inv(C) Fᴴ R.
    (D. A. Harville, "Matrix Algebra From a Statistician's Perspective", 1997, sections 18.1 and
    18.2.) E and F are singular vectors of the small values, so C is as large as these are many. In
    a batch they may be fewer than elsewhere: then the other columns are 0.
    """
    U, s, Vh = xp.linalg.svd(constant(x))
    eps = float(xp.finfo(s.dtype).eps)
    small = s <= math.sqrt(eps) * s[..., :1]
    most = s.shape[-1]
    while most and not anywhere(xp, small[..., -most]):
        most -= 1
    first = s.shape[-1] - most
    fill = xp.where(s[..., :1] > 0, s[..., :1], 1)
    E = (U * columns(xp.where(small, fill, 0)))[..., first:]
    Fh = xp.where(small[..., None], Vh, 0)[..., first:, :]
    X = x + E @ Fh
    R = xp.linalg.inv(X)
    C = xp.where(of_both(small[..., first:]), identity(xp, E) - Fh @ R @ E, 0)
    adj, det = of_block(xp, C, xp.sum(xp.astype(small, xp.int64), axis=-1))
    return xp.linalg.det(X)[..., None, None] * (det * R + R @ E @ adj @ Fh @ R)


def of_block(xp: Any, C: Any, rows: Any) -> tuple[Any, Any]:
    """Adjugate and determinant of a block of so many rows, in a matrix that is 0 elsewhere.

    Faddeev's method: no division but by integers. It loses digits where matrices are large, which
    blocks that are nearly 0 are not. (F. R. Gantmacher, "The Theory of Matrices", volume 1, chapter
    IV, section 5.)
    """
    B = one = identity(xp, C)
    rows = rows[..., None, None]
    adj = xp.zeros_like(C)
    det = xp.ones_like(rows, dtype=C.dtype)
    for k in range(1, C.shape[-1] + 1):
        sign = (-1) ** (k - 1)
        A = C @ B
        p = xp.linalg.trace(A)[..., None, None] / k
        adj = xp.where(rows == k, sign * B, adj)
        det = xp.where(rows == k, sign * p, det)
        B = A - p * one
    return adj, det


def det_x(xp: Any, g: Any, x: Any, out: Any) -> Any:
    return g[..., None, None] * adjoint(xp, adjugate(xp, x, out))


def det_jvp(xp: Any, dx: Any, x: Any, out: Any) -> Any:
    return xp.sum(xp.matrix_transpose(adjugate(xp, x, out)) * dx, axis=(-2, -1))


@differentiable(x=det_x, jvp=det_jvp)
def det(xp: Any, x: Tensor, /) -> Tensor:
    """Determinant of a square matrix."""
    return xp.linalg.det(x)


def slogdet_x(xp: Any, g: Any, x: Any, out: Any) -> Any:
    # d log det = tr(inv(x) dx): its real part moves the magnitude, its imaginary part the phase.
    weight = g.logabsdet
    if is_complex(xp, x) and g.sign is not None:
        turn = -xp.imag(xp.conj(g.sign) * out.sign) * 1j
        weight = turn if weight is None else weight + turn
    if weight is None:  # the sign of a real determinant does not move
        return xp.zeros_like(x)
    # The inverse of the adjoint, not the adjoint of the inverse: it lies in memory as x does, and
    # so do the arrays that it meets.
    return weight[..., None, None] * inverse_or_nan(xp, adjoint(xp, x), out.sign != 0)


def slogdet_jvp(xp: Any, dx: Any, x: Any, out: Any) -> Any:
    inverse = inverse_or_nan(xp, x, out.sign != 0)
    move = xp.sum(xp.matrix_transpose(inverse) * dx, axis=(-2, -1))
    if not is_complex(xp, x):
        return SlogdetResult(xp.zeros_like(out.sign), move)
    return SlogdetResult(out.sign * (xp.imag(move) * 1j), xp.real(move))


@differentiable(x=slogdet_x, jvp=slogdet_jvp)
def slogdet(xp: Any, x: Tensor, /) -> SlogdetResult:
    """Sign and logarithm of the magnitude of a determinant."""
    return SlogdetResult(*xp.linalg.slogdet(x))


# (4.12) of G. H. Golub and V. Pereyra, "The differentiation of pseudo-inverses and nonlinear least
# squares problems whose variables separate", SIAM J. Numer. Anal. 10, 1973; its reverse mode is the
# adjoint. The rank must not change.


def pinv_x(xp: Any, g: Any, x: Any, out: Any) -> Any:
    P, Ph, gh = out, adjoint(xp, out), adjoint(xp, g)
    left = gh @ P @ Ph
    right = Ph @ P @ gh
    return left - x @ (P @ left) + right - (right @ P) @ x - Ph @ g @ Ph


def pinv_jvp(xp: Any, dx: Any, x: Any, out: Any) -> Any:
    P, Ph, dxh = out, adjoint(xp, out), adjoint(xp, dx)
    left = P @ Ph @ dxh
    right = dxh @ Ph @ P
    return left - (left @ x) @ P + right - P @ (x @ right) - P @ dx @ P


@differentiable(x=pinv_x, jvp=pinv_jvp)
def pinv(xp: Any, x: Tensor, /, *, rtol: float | Tensor | None = None) -> Tensor:
    """Moore-Penrose pseudo-inverse."""
    return xp.linalg.pinv(as_floating(xp, x), rtol=rtol)
