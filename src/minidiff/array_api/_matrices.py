"""What formulas on matrices share: adjoints, and the care that equal values need."""

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


def rounding(xp: Any, x: Any, axis: int | tuple[int, ...]) -> Any:
    """What rounding errors can make of zeros beside the largest of some numbers."""
    eps = float(xp.finfo(x.dtype).eps)
    return 64 * x.shape[-1] * eps * xp.max(xp.abs(x), axis=axis, keepdims=True)


def over_gaps(xp: Any, x: Any, gap: Any, tiny: Any, beside: Any, name: str = "") -> Any:
    """Matrix x over gaps between values, where a gap of 0 does no harm if x is 0 there too.

    `tiny` bounds the gaps that count as 0; `beside` has the magnitude that x is 0 in relation to.
    `name` is for a warning; forward mode gives none, since it cannot see whether the loss will use
    the vectors at all.
    """
    equal = xp.abs(gap) <= tiny
    harmless = xp.abs(x) <= rounding(xp, beside, (-2, -1))
    if name and anywhere(xp, equal & ~harmless):
        warnings.warn(
            f"{name}: equal values, and the loss depends on the choice among their vectors: the "
            "derivative does not exist, and is nan there",
            RuntimeWarning,
            stacklevel=2,
        )
    quotient = xp.where(equal, 0, x) / xp.where(equal, 1, gap)
    return xp.where(equal & ~harmless, math.nan, quotient)


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
