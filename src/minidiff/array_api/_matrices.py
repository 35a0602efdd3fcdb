"""What formulas on matrices share: adjoints, rounding errors, and what is refused."""

from __future__ import annotations

import math
import warnings
from typing import Any

from ..core.state import gauge_allowed
from ._helpers import anywhere, is_complex


def adjoint(xp: Any, x: Any) -> Any:
    """Transposed and conjugated."""
    x = xp.matrix_transpose(x)
    return xp.conj(x) if is_complex(xp, x) else x


def hermitian(xp: Any, x: Any) -> Any:
    """The Hermitian part."""
    return (x + adjoint(xp, x)) / 2


def antihermitian(xp: Any, x: Any) -> Any:
    return (x - adjoint(xp, x)) / 2


def real_part(xp: Any, x: Any) -> Any:
    return xp.real(x) if is_complex(xp, x) else x


def on_diagonal(xp: Any, x: Any) -> Any:
    """A mask of the diagonal of square matrices."""
    return xp.eye(x.shape[-1], dtype=xp.bool, device=x.device)


def columns(x: Any) -> Any:
    """A number for each column of a matrix, laid out to multiply it."""
    return x[..., None, :]


def identity(xp: Any, x: Any) -> Any:
    """The unit matrix beside square matrices."""
    return xp.eye(x.shape[-1], dtype=x.dtype, device=x.device)


def rounding(xp: Any, x: Any, axis: int | tuple[int, ...]) -> Any:
    """What rounding errors can make of zeros beside the largest of some numbers."""
    if 0 in x.shape:  # there is no largest, and nothing beside it
        return xp.sum(xp.abs(x), axis=axis, keepdims=True)
    # LAPACK splits equal eigenvalues by up to 10 eps, of 3 as of 600 rows; products of matrices err
    # by sqrt(n) eps. With n itself, values well apart would count as equal in float32.
    eps = float(xp.finfo(x.dtype).eps)
    return 64 * math.sqrt(x.shape[-1]) * eps * xp.max(xp.abs(x), axis=axis, keepdims=True)


def solve_regular(xp: Any, regular: Any, A: Any, B: Any, warning: str = "") -> Any:
    """A⁻¹ B where A is regular; elsewhere nan, but for B = 0, where a library would raise."""
    regular = regular[..., None, None]
    if not anywhere(xp, ~regular):
        return xp.linalg.solve(A, B)
    bad = ~regular & xp.any(B != 0, axis=(-2, -1), keepdims=True)
    if warning and anywhere(xp, bad):
        warnings.warn(f"{warning}: the derivative is nan", RuntimeWarning, stacklevel=2)
    found = xp.linalg.solve(xp.where(regular, A, identity(xp, A)), B)
    return xp.where(bad, math.nan, found)


def refuse_phase(xp: Any, phase: Any, beside: Any, name: str) -> None:
    """An error where a loss depends on the phase of complex vectors, which is arbitrary.

    `phase` is antihermitian: its diagonal says what a change of each vector's phase would do.
    """
    if not is_complex(xp, phase) or gauge_allowed.get():
        return
    turning = xp.where(on_diagonal(xp, phase), xp.abs(phase), 0)
    # Of rounding errors alone nothing can be said: hence what they are beside 1 as well.
    floor = 64 * float(xp.finfo(phase.dtype).eps)
    if anywhere(xp, turning > 1e3 * (rounding(xp, beside, (-2, -1)) + floor)):
        raise ValueError(
            f"{name}: the loss depends on the phase of the vectors, which is arbitrary, so it has "
            "no derivative; use phase-free expressions (magnitudes, projectors v vᴴ), or turn this "
            "check off: with minidiff.allow_gauge_dependence()"
        )


def refuse_extra(xp: Any, g: Any, name: str, hint: str) -> None:
    """An error where a loss depends on columns that fill up a basis and are otherwise free."""
    if math.prod(g.shape) and anywhere(xp, g != 0):
        raise ValueError(
            f"{name}: the loss depends on columns that complete a basis: they are arbitrary, so it "
            f"has no derivative; use {hint}"
        )
