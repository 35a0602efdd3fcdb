"""Inverses and determinants.

M. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
differentiation", 2008, sections 2.2 and 2.3.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from ..core.words import differentiable
from ._helpers import anywhere, as_floating, is_complex
from ._matrices import adjoint, columns
from ._statistical import product_of_others

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
    return -(back @ adjoint(xp, out))


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


def adjugate(xp: Any, x: Any, det: Any) -> Any:
    """det(x) inv(x), and its limit where x is singular: exact for every rank."""
    singular = (det == 0)[..., None, None]
    if not anywhere(xp, singular):
        return det[..., None, None] * xp.linalg.inv(x)
    # x = U S Vh, and each factor has an adjugate of its own: det(U) Uᴴ, products of the others, ...
    U, S, Vh = xp.linalg.svd(x)
    unit = xp.linalg.det(U) * xp.linalg.det(Vh)
    exact = adjoint(xp, Vh) * columns(product_of_others(xp, S)) @ adjoint(xp, U)
    one = xp.eye(x.shape[-1], dtype=x.dtype, device=x.device)
    regular = det[..., None, None] * xp.linalg.inv(xp.where(singular, one, x))
    return xp.where(singular, unit[..., None, None] * exact, regular)


def det_x(xp: Any, g: Any, x: Any, out: Any) -> Any:
    return g[..., None, None] * adjoint(xp, adjugate(xp, x, out))


def det_jvp(xp: Any, dx: Any, x: Any, out: Any) -> Any:
    return xp.sum(xp.matrix_transpose(adjugate(xp, x, out)) * dx, axis=(-2, -1))


@differentiable(x=det_x, jvp=det_jvp)
def det(xp: Any, x: Tensor, /) -> Tensor:
    """Determinant of a square matrix."""
    return xp.linalg.det(x)


def inverse_or_nan(xp: Any, x: Any, regular: Any) -> Any:
    """The inverses of matrices; nan for those that have none, where a library would raise."""
    regular = regular[..., None, None]
    if not anywhere(xp, ~regular):
        return xp.linalg.inv(x)
    one = xp.eye(x.shape[-1], dtype=x.dtype, device=x.device)
    return xp.where(regular, xp.linalg.inv(xp.where(regular, x, one)), math.nan)


def slogdet_x(xp: Any, g: Any, x: Any, out: Any) -> Any:
    # d log det = tr(inv(x) dx): its real part moves the magnitude, its imaginary part the phase.
    weight = g.logabsdet
    if is_complex(xp, x) and g.sign is not None:
        turn = -xp.imag(xp.conj(g.sign) * out.sign) * 1j
        weight = turn if weight is None else weight + turn
    if weight is None:  # the sign of a real determinant does not move
        return xp.zeros_like(x)
    return weight[..., None, None] * adjoint(xp, inverse_or_nan(xp, x, out.sign != 0))


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
