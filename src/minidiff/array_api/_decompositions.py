"""Factorisations of matrices.

A derivative of factors is unique only up to the freedom in the factors themselves (their gauge):
the phase of an eigenvector, say, or the basis of the eigenvectors of equal eigenvalues. Where a
loss depends on that freedom, there is no derivative: an error says so for phases, NaN and a
warning for equal eigenvalues and singular values. _equal_values.py says where it is exact.

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

from ..core.words import composite, differentiable, nondifferentiable
from ._equal_values import at_rest, gaps, in_use, of_both, over_gaps, sums, untold, watch
from ._helpers import anywhere, is_complex, recorded
from ._matrices import (
    adjoint,
    antihermitian,
    columns,
    hermitian,
    identity,
    on_diagonal,
    real_part,
    refuse_extra,
    refuse_phase,
    rounding,
    solve_regular,
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
    return cholesky_back(xp, *(adjoint(xp, one) if upper else one for one in (out, g)))


def cholesky_back(xp: Any, L: Any, gL: Any) -> Any:
    """The gradient of x, by blocks as in [Murray] 4: half of the time of the whole at once.

    x = [[D, .], [E, F]] has L = [[A, 0], [B, C]] with D = A Aᴴ, E = B Aᴴ and F - B Bᴴ = C Cᴴ.
    """
    n, k = L.shape[-1], L.shape[-1] // 2
    if n <= 64:
        inverse = xp.linalg.inv(L)  # one for both sides: there is no triangular solve
        P = lower_half(xp, adjoint(xp, L) @ gL)
        return hermitian(xp, adjoint(xp, inverse) @ P @ inverse)
    A, B, C = L[..., :k, :k], L[..., k:, :k], L[..., k:, k:]
    gF = cholesky_back(xp, C, gL[..., k:, k:])
    gE = (gL[..., k:, :k] - 2 * (gF @ B)) @ inverse_of_lower(xp, A)
    gD = cholesky_back(xp, A, gL[..., :k, :k] - adjoint(xp, gE) @ B)
    gE = gE / 2  # the other half belongs to the triangle that mirrors it
    top = xp.concat([gD, adjoint(xp, gE)], axis=-1)
    return xp.concat([top, xp.concat([gE, gF], axis=-1)], axis=-2)


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


def eigh_x(xp: Any, g: Any, out: Any) -> Any:
    w, V = out
    Vh = adjoint(xp, V)
    here = on_diagonal(xp, V)
    tiny = columns(rounding(xp, w, -1))
    total = 0
    if g.eigenvectors is not None:
        M = Vh @ g.eigenvectors
        K = antihermitian(xp, M)  # the Hermitian part would change lengths and angles
        refuse_phase(xp, K, M, "eigh")
        K = xp.where(here, 0, K)
        unknown = untold(xp, M, M, in_use(xp, g.eigenvalues, w, M))
        gap = xp.where(here, 1, gaps(w))
        total = V @ over_gaps(xp, K, gap, tiny, M, "eigh", unknown) @ Vh
    if g.eigenvalues is not None:
        total = total + V * columns(g.eigenvalues) @ Vh
        if recorded(g.eigenvalues):
            pairs = of_both(at_rest(xp, g.eigenvalues)) & (xp.abs(gaps(w)) <= tiny) & ~here
            total = watch(xp, total, V, Vh, V, pairs, None, g.eigenvectors is None)
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


@nondifferentiable
def eigenvalues_alone(xp: Any, x: Tensor, /) -> Tensor:
    """The library's own `eigvalsh`, which is the faster one."""
    return xp.linalg.eigvalsh(x)


@composite
def eigvalsh(xp: Any, x: Tensor, /) -> Tensor:
    """Eigenvalues of a Hermitian matrix, ascending."""
    # A derivative needs the vectors, so nothing is lost; and on one node with the values they tell
    # whether a second derivative at equal values asks for more than arrives.
    return xp.linalg.eigh(x).eigenvalues if recorded(x) else eigenvalues_alone(x)


# ---- eigenvalues of any square matrix: [Boeddeker] (4.77), with vectors of length 1
#
# Gauge: the phase of each vector, and the basis among the vectors of equal eigenvalues. Where there
# are fewer vectors than equal eigenvalues, there is no derivative.


def diagonalizable(xp: Any, w: Any, V: Any) -> Any:
    """For which matrices the vectors are a basis. One that nearly is none has unequal values."""
    equal = (xp.abs(gaps(w)) <= columns(rounding(xp, w, -1))) & ~on_diagonal(xp, V)
    single = ~xp.any(equal, axis=(-2, -1))
    if not anywhere(xp, ~single):
        return single
    smallest = xp.min(xp.linalg.svdvals(V), axis=-1)
    return single | (smallest > math.sqrt(float(xp.finfo(V.dtype).eps)))


def eig_x(xp: Any, g: Any, out: Any) -> Any:
    w, V = out
    Vh = adjoint(xp, V)
    here = on_diagonal(xp, V)
    tiny = columns(rounding(xp, w, -1))
    regular = diagonalizable(xp, w, V)
    inner = xp.zeros_like(V)
    if g.eigenvectors is not None:
        M = Vh @ g.eigenvectors
        refuse_phase(xp, antihermitian(xp, M), M, "eig")
        lengths = xp.real(xp.linalg.diagonal(M))
        turn = xp.where(here, 0, M - Vh @ V * columns(lengths))
        unknown = untold(xp, M, M, in_use(xp, g.eigenvalues, w, M))
        gap = xp.conj(xp.where(here, 1, gaps(w)))
        inner = over_gaps(xp, turn, gap, tiny, M, "eig", unknown)
    if g.eigenvalues is not None:
        inner = xp.where(here, columns(g.eigenvalues), inner)
    total = solve_regular(xp, regular, Vh, inner @ Vh, "eig: too few vectors of equal eigenvalues")
    if g.eigenvalues is not None and recorded(g.eigenvalues):
        # Not only where g is 0: V receives differences, which for equal values are 0 in any case.
        # And the diagonal does not tell: g may move with one part of a complex value alone.
        pairs = (xp.abs(gaps(w)) <= tiny) & ~here
        if anywhere(xp, pairs):
            inverse = solve_regular(xp, regular, V, identity(xp, V))
            total = watch(xp, total, V, inverse, V, pairs, None, False)
    return total


def eig_jvp(xp: Any, dx: Any, out: Any) -> Any:
    w, V = out
    here = on_diagonal(xp, V)
    P = solve_regular(xp, diagonalizable(xp, w, V), V, dx @ V)
    off, gap = xp.where(here, 0, P), xp.where(here, 1, gaps(w))
    dV = V @ over_gaps(xp, off, gap, columns(rounding(xp, w, -1)), P)
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
        used = in_use(xp, g.S, S, beside)
        # What turns both sides alike goes with the differences of the values, what turns them
        # against each other with the sums.
        alike, against = AU + AV, AU - AV
        refuse_phase(xp, alike, beside, "svd")
        here = on_diagonal(xp, alike)
        alike, gap = xp.where(here, 0, alike), xp.where(here, 1, gaps(S))
        unknown = untold(xp, MU + MV, beside, used)
        inner = over_gaps(xp, alike, gap, tiny, beside, "svd", unknown)
        unknown = untold(xp, MU - MV, beside, used)
        if not is_complex(xp, U):  # the diagonal is 0, and nothing else
            unknown = unknown & ~here
        inner = inner + over_gaps(xp, against, sums(S), tiny, beside, "svd", unknown)
        total = U @ inner @ Vh
        unknown = False if used is None else columns(used)
        if U.shape[-2] > k:
            rest = over_gaps(xp, gU - U @ MU, columns(S), tiny, gU, "svd", unknown)
            total = total + rest @ Vh
        if V.shape[-2] > k:
            rest = over_gaps(xp, gV - V @ MV, columns(S), tiny, gV, "svd", unknown)
            total = total + U @ adjoint(xp, rest)
    if g.S is not None:
        total = total + U * columns(g.S) @ Vh
        if recorded(g.S):
            rest, tiny = at_rest(xp, g.S), columns(rounding(xp, S, -1))
            pairs = of_both(rest) & (xp.abs(gaps(S)) <= tiny) & ~on_diagonal(xp, S)
            zero = rest & (xp.abs(S) <= tiny[..., 0, :])
            alone = g.U is None and g.Vh is None
            total = watch(xp, total, U, adjoint(xp, U), V, pairs, zero, alone)
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


@nondifferentiable
def singular_values_alone(xp: Any, x: Tensor, /) -> Tensor:
    """The library's own `svdvals`, which is the faster one."""
    return xp.linalg.svdvals(x)


@composite
def svdvals(xp: Any, x: Tensor, /) -> Tensor:
    """Singular values, descending."""
    # As eigvalsh.
    if recorded(x):
        return xp.linalg.svd(x, full_matrices=False).S
    return singular_values_alone(x)


# ---- QR: [Roberts] (3) for square and tall matrices, the partition x = [X Y] for wide ones
#
# The first columns of x are independent; where they are not, there is no derivative. The diagonal
# of R is real, which fixes the phases; no gauge but the columns that complete a basis.


def independent(xp: Any, R: Any) -> Any:
    """For which matrices no column of R, or of x, rests on those before it."""
    length = xp.linalg.vector_norm(R, axis=-2)
    eps = float(xp.finfo(R.dtype).eps)
    small = 64 * math.sqrt(R.shape[-1]) * eps * length  # beside its own column: any scale will do
    return xp.all(xp.abs(xp.linalg.diagonal(R)) > small, axis=-1)


def qr_tall_x(xp: Any, gQ: Any, gR: Any, Q: Any, R: Any) -> Any:
    M = R @ adjoint(xp, gR) - adjoint(xp, gQ) @ Q
    lower = xp.tril(M, k=-1)
    copied = lower + adjoint(xp, lower) + xp.where(on_diagonal(xp, M), real_part(xp, M), 0)
    right = adjoint(xp, gQ + Q @ copied)
    return adjoint(xp, solve_regular(xp, independent(xp, R), R, right, "qr: dependent columns"))


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
    right = adjoint(xp, dx[..., :side])
    C = adjoint(xp, solve_regular(xp, independent(xp, square), adjoint(xp, square), right))
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
