"""Factorisations of matrices.

A derivative of factors is unique only up to the freedom in the factors themselves (their gauge):
the phase of an eigenvector, say, or the basis of the eigenvectors of equal eigenvalues. Where a
loss depends on that freedom, there is no derivative: an error says so for phases, NaN and a
warning for equal eigenvalues and singular values. Where it does not, the result is finite.

The names in the code are the papers', and the numbers in brackets are their equations:

- [Giles] M. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
  differentiation", 2008: sections 3.1 (eigenvalues) and 3.2 (singular values), without numbers
- [Murray] I. Murray, "Differentiation of the Cholesky decomposition", arXiv:1602.07527
- [Boeddeker] C. Boeddeker and others, "On the computation of complex-valued gradients with
  application to statistically optimum beamforming", arXiv:1701.00392
- [Townsend] J. Townsend, "Differentiating the singular value decomposition", 2016
- [Wan] Z.-Q. Wan and S.-X. Zhang, "Automatic differentiation for complex valued SVD",
  arXiv:1909.02659
- [Roberts] D. A. O. Roberts and L. R. Roberts, "QR and LQ decomposition matrix backpropagation
  algorithms for square, wide, and deep, real or complex, matrices", arXiv:2009.10071
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ..core.words import composite, differentiable
from ._helpers import is_complex
from ._matrices import (
    adjoint,
    antihermitian,
    columns,
    hermitian,
    on_diagonal,
    over_gaps,
    real_part,
    refuse_extra,
    refuse_phase,
    rounding,
)

if TYPE_CHECKING:
    from ..core.tensor import Tensor


class EigResult(NamedTuple):
    """Eigenvalues and eigenvectors of a matrix, in no particular order."""

    eigenvalues: Tensor
    eigenvectors: Tensor


class EighResult(NamedTuple):
    """Eigenvalues, ascending, and eigenvectors of a Hermitian matrix."""

    eigenvalues: Tensor
    eigenvectors: Tensor


class QRResult(NamedTuple):
    """A unitary and an upper triangular factor."""

    Q: Tensor
    R: Tensor


class SVDResult(NamedTuple):
    """Left singular vectors, singular values, descending, and adjoint right singular vectors."""

    U: Tensor
    S: Tensor
    Vh: Tensor


# ---- Cholesky: [Murray] (8) forward, (9) and (10) reverse
#
# x is positive-definite, and counts as Hermitian whatever the triangle that is not read. No gauge:
# the diagonal of L is positive.


def lower_half(xp: Any, x: Any) -> Any:
    """Φ of the paper: the lower triangle with half of the diagonal."""
    return (xp.tril(x) + xp.tril(x, k=-1)) / 2


def inverse_of_lower(xp: Any, L: Any) -> Any:
    """The inverse of a lower triangle, by halves: a fifth of the time of a general inverse."""
    n, k = L.shape[-1], L.shape[-1] // 2
    if n <= 64:
        return xp.linalg.inv(L)
    first, second = inverse_of_lower(xp, L[..., :k, :k]), inverse_of_lower(xp, L[..., k:, k:])
    below = -(second @ L[..., k:, :k] @ first)
    above = xp.zeros_like(xp.matrix_transpose(below))
    top = xp.concat([first, above], axis=-1)
    return xp.concat([top, xp.concat([below, second], axis=-1)], axis=-2)


def cholesky_x(xp: Any, g: Any, out: Any, upper: bool) -> Any:
    L, gL = (adjoint(xp, out), adjoint(xp, g)) if upper else (out, g)
    inverse = inverse_of_lower(xp, L)  # one for both sides: there is no triangular solve
    P = lower_half(xp, adjoint(xp, L) @ gL)
    return hermitian(xp, adjoint(xp, inverse) @ P @ inverse)


def cholesky_jvp(xp: Any, dx: Any, out: Any, upper: bool) -> Any:
    L = adjoint(xp, out) if upper else out
    inverse = inverse_of_lower(xp, L)
    dL = L @ lower_half(xp, inverse @ hermitian(xp, dx) @ adjoint(xp, inverse))
    return adjoint(xp, dL) if upper else dL


@differentiable(x=cholesky_x, jvp=cholesky_jvp)
def cholesky(xp: Any, x: Tensor, /, *, upper: bool = False) -> Tensor:
    """The triangular factor L of a positive-definite x = L Lᴴ, or its adjoint."""
    return xp.linalg.cholesky(x, upper=upper)


# ---- eigenvalues of Hermitian matrices: [Giles] 3.1, where V is unitary
#
# Gauge: the phase of each vector, and the basis among the vectors of equal eigenvalues.


def gaps(w: Any) -> Any:
    return w[..., None, :] - w[..., :, None]


def eigh_x(xp: Any, g: Any, out: Any) -> Any:
    w, V = out
    Vh = adjoint(xp, V)
    total = 0
    if g.eigenvectors is not None:
        M = Vh @ g.eigenvectors
        K = antihermitian(xp, M)  # the Hermitian part would change lengths and angles
        refuse_phase(xp, K, M, "eigh")
        K = xp.where(on_diagonal(xp, K), 0, K)
        total = V @ over_gaps(xp, K, gaps(w), columns(rounding(xp, w, -1)), M, "eigh") @ Vh
    if g.eigenvalues is not None:
        total = total + V * columns(g.eigenvalues) @ Vh
    return hermitian(xp, total)


def eigh_jvp(xp: Any, dx: Any, out: Any) -> Any:
    w, V = out
    B = adjoint(xp, V) @ hermitian(xp, dx) @ V
    dw = real_part(xp, xp.linalg.diagonal(B))
    off = xp.where(on_diagonal(xp, B), 0, B)
    return EighResult(dw, V @ over_gaps(xp, off, gaps(w), columns(rounding(xp, w, -1)), B))


@differentiable(x=eigh_x, jvp=eigh_jvp)
def eigh(xp: Any, x: Tensor, /) -> EighResult:
    """Eigenvalues and eigenvectors of a Hermitian matrix."""
    return EighResult(*xp.linalg.eigh(x))


def eigvalsh_x(xp: Any, g: Any, x: Any) -> Any:
    _, V = xp.linalg.eigh(x)
    return V * columns(g) @ adjoint(xp, V)


def eigvalsh_jvp(xp: Any, dx: Any, x: Any) -> Any:
    _, V = xp.linalg.eigh(x)
    return real_part(xp, xp.linalg.diagonal(adjoint(xp, V) @ hermitian(xp, dx) @ V))


@differentiable(x=eigvalsh_x, jvp=eigvalsh_jvp)
def eigvalsh(xp: Any, x: Tensor, /) -> Tensor:
    """Eigenvalues of a Hermitian matrix, ascending."""
    return xp.linalg.eigvalsh(x)


# ---- eigenvalues of any square matrix: [Boeddeker] (4.77), with vectors of length 1
#
# The eigenvalues are distinct. Gauge: the phase of each vector.


def eig_x(xp: Any, g: Any, out: Any) -> Any:
    w, V = out
    Vh = adjoint(xp, V)
    here = on_diagonal(xp, V)
    inner = 0
    if g.eigenvectors is not None:
        M = Vh @ g.eigenvectors
        refuse_phase(xp, antihermitian(xp, M), M, "eig")
        lengths = xp.real(xp.linalg.diagonal(M))
        inner = (M - Vh @ V * columns(lengths)) / xp.conj(xp.where(here, 1, gaps(w)))
    if g.eigenvalues is not None:
        inner = xp.where(here, columns(g.eigenvalues), inner)
    else:
        inner = xp.where(here, 0, inner)
    return xp.linalg.solve(Vh, inner @ Vh)


def eig_jvp(xp: Any, dx: Any, out: Any) -> Any:
    w, V = out
    here = on_diagonal(xp, V)
    P = xp.linalg.solve(V, dx @ V)
    dV = V @ xp.where(here, 0, P / xp.where(here, 1, gaps(w)))
    stretch = xp.real(xp.linalg.diagonal(adjoint(xp, V) @ dV))
    return EigResult(xp.linalg.diagonal(P), dV - V * columns(stretch))


@differentiable(x=eig_x, jvp=eig_jvp)
def eig(xp: Any, x: Tensor, /) -> EigResult:
    """Eigenvalues and eigenvectors of a square matrix, complex."""
    w, V = xp.linalg.eig(x)
    return EigResult(w, V) if is_complex(xp, w) else EigResult(w + 0j, V + 0j)


@composite
def eigvals(xp: Any, x: Tensor, /) -> Tensor:
    """Eigenvalues of a square matrix, complex."""
    return xp.linalg.eig(x).eigenvalues


# ---- singular values: [Townsend] (16) to (18) forward, (31) and (32) reverse; [Wan] (1), (2), (36)
#
# The papers divide by differences of squares, which here are products of sums and differences: two
# quotients that stay accurate where values are small. Gauge: a common phase of each pair of
# vectors, the basis among the pairs of equal values, and all columns beyond the thin part.


def sums(s: Any) -> Any:
    return s[..., None, :] + s[..., :, None]


def svd_x(xp: Any, g: Any, out: Any, full_matrices: bool) -> Any:
    S, k = out.S, out.S.shape[-1]
    U, Vh = out.U[..., :k], out.Vh[..., :k, :]
    V = adjoint(xp, Vh)
    gU = xp.zeros_like(U) if g.U is None else g.U[..., :k]
    gV = xp.zeros_like(V) if g.Vh is None else adjoint(xp, g.Vh)[..., :k]
    if full_matrices:
        hint = "svd(x, full_matrices=False)"
        if g.U is not None:
            refuse_extra(xp, g.U[..., k:], "svd", hint)
        if g.Vh is not None:
            refuse_extra(xp, g.Vh[..., k:, :], "svd", hint)
    total = 0
    if g.U is not None or g.Vh is not None:
        MU, MV = adjoint(xp, U) @ gU, Vh @ gV
        AU, AV = antihermitian(xp, MU), antihermitian(xp, MV)
        beside = xp.abs(MU) + xp.abs(MV)
        tiny = columns(rounding(xp, S, -1))
        # What turns both sides alike goes with the differences of the values, what turns them
        # against each other with the sums.
        alike, against = AU + AV, AU - AV
        refuse_phase(xp, alike, beside, "svd")
        alike = xp.where(on_diagonal(xp, alike), 0, alike)
        inner = over_gaps(xp, alike, gaps(S), tiny, beside, "svd")
        inner = inner + over_gaps(xp, against, sums(S), tiny, beside, "svd")
        total = U @ inner @ Vh
        if U.shape[-2] > k:
            rest = over_gaps(xp, gU - U @ MU, columns(S), tiny, gU, "svd")
            total = total + rest @ Vh
        if V.shape[-2] > k:
            rest = over_gaps(xp, gV - V @ MV, columns(S), tiny, gV, "svd")
            total = total + U @ adjoint(xp, rest)
    if g.S is not None:
        total = total + U * columns(g.S) @ Vh
    return total


def svd_jvp(xp: Any, dx: Any, out: Any, full_matrices: bool) -> Any:
    S, k = out.S, out.S.shape[-1]
    U, Vh = out.U[..., :k], out.Vh[..., :k, :]
    V = adjoint(xp, Vh)
    P = adjoint(xp, U) @ dx @ V
    Ph = adjoint(xp, P)
    tiny = columns(rounding(xp, S, -1))
    both = xp.where(on_diagonal(xp, P), 0, P + Ph)
    alike = over_gaps(xp, both, gaps(S), tiny, P)
    against = over_gaps(xp, P - Ph, sums(S), tiny, P)
    dU = U @ (alike + against) / 2
    dV = V @ (alike - against) / 2
    if U.shape[-2] > k:
        dU = dU + over_gaps(xp, dx @ V - U @ P, columns(S), tiny, dx)
    if V.shape[-2] > k:
        back = adjoint(xp, dx)
        dV = dV + over_gaps(xp, back @ U - V @ Ph, columns(S), tiny, back)
    dVh = adjoint(xp, dV)
    if full_matrices:  # the columns that complete a basis are free: nan shows who uses them
        dU = xp.concat([dU, xp.full_like(out.U[..., k:], math.nan)], axis=-1)
        dVh = xp.concat([dVh, xp.full_like(out.Vh[..., k:, :], math.nan)], axis=-2)
    return SVDResult(dU, real_part(xp, xp.linalg.diagonal(P)), dVh)


@differentiable(x=svd_x, jvp=svd_jvp)
def svd(xp: Any, x: Tensor, /, *, full_matrices: bool = True) -> SVDResult:
    """Singular value decomposition x = U S Vh."""
    return SVDResult(*xp.linalg.svd(x, full_matrices=full_matrices))


def svdvals_x(xp: Any, g: Any, x: Any) -> Any:
    U, _, Vh = xp.linalg.svd(x, full_matrices=False)
    return U * columns(g) @ Vh


def svdvals_jvp(xp: Any, dx: Any, x: Any) -> Any:
    U, _, Vh = xp.linalg.svd(x, full_matrices=False)
    return real_part(xp, xp.linalg.diagonal(adjoint(xp, U) @ dx @ adjoint(xp, Vh)))


@differentiable(x=svdvals_x, jvp=svdvals_jvp)
def svdvals(xp: Any, x: Tensor, /) -> Tensor:
    """Singular values, descending."""
    return xp.linalg.svdvals(x)


# ---- QR: [Roberts] (3) for square and tall matrices, the partition x = [X Y] for wide ones
#
# The first columns of x are independent. The diagonal of R is real, which fixes the phases; no
# gauge but the columns that complete a basis.


def qr_tall_x(xp: Any, gQ: Any, gR: Any, Q: Any, R: Any) -> Any:
    M = R @ adjoint(xp, gR) - adjoint(xp, gQ) @ Q
    lower = xp.tril(M, k=-1)
    copied = lower + adjoint(xp, lower) + xp.where(on_diagonal(xp, M), real_part(xp, M), 0)
    return adjoint(xp, xp.linalg.solve(R, adjoint(xp, gQ + Q @ copied)))


def qr_x(xp: Any, g: Any, x: Any, out: Any, mode: str) -> Any:
    rows, side = x.shape[-2], min(x.shape[-2:])
    Q, R = out.Q[..., :side], out.R[..., :side, :]
    gQ = xp.zeros_like(Q) if g.Q is None else g.Q[..., :side]
    gR = xp.zeros_like(R) if g.R is None else g.R[..., :side, :]
    if g.Q is not None:
        refuse_extra(xp, g.Q[..., side:], "qr", "mode='reduced'")
    if x.shape[-1] <= rows:
        return qr_tall_x(xp, gQ, gR, Q, R)
    Y, gV = x[..., rows:], gR[..., rows:]
    gQ = gQ + Y @ adjoint(xp, gV)
    first = qr_tall_x(xp, gQ, gR[..., :rows], Q, R[..., :rows])
    return xp.concat([first, Q @ gV], axis=-1)


def qr_jvp(xp: Any, dx: Any, x: Any, out: Any, mode: str) -> Any:
    rows, side = x.shape[-2], min(x.shape[-2:])
    Q, R = out.Q[..., :side], out.R[..., :side, :]
    square = R[..., :side]
    C = adjoint(xp, xp.linalg.solve(adjoint(xp, square), adjoint(xp, dx[..., :side])))
    T = 2 * adjoint(xp, lower_half(xp, hermitian(xp, adjoint(xp, Q) @ C)))
    dQ, dR = C - Q @ T, T @ square
    if x.shape[-1] > rows:
        dV = adjoint(xp, Q) @ (dx[..., rows:] - dQ @ R[..., rows:])
        dR = xp.concat([dR, dV], axis=-1)
    if out.Q.shape[-1] > side:  # the columns that complete a basis are free
        dQ = xp.concat([dQ, xp.full_like(out.Q[..., side:], math.nan)], axis=-1)
        dR = xp.concat([dR, xp.zeros_like(out.R[..., side:, :])], axis=-2)
    return QRResult(dQ, dR)


@differentiable(x=qr_x, jvp=qr_jvp)
def qr(xp: Any, x: Tensor, /, *, mode: Literal["reduced", "complete"] = "reduced") -> QRResult:
    """QR decomposition of a matrix of full rank."""
    return QRResult(*xp.linalg.qr(x, mode=mode))
