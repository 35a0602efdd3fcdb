"""Utilities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..core.words import composite, nondifferentiable
from ._helpers import axes_within

if TYPE_CHECKING:
    from ..core.tensor import Tensor


@nondifferentiable
def all(
    xp: Any, x: Tensor, /, *, axis: int | tuple[int, ...] | None = None, keepdims: bool = False
) -> Tensor:
    """Whether all elements are true."""
    ...


@nondifferentiable
def any(
    xp: Any, x: Tensor, /, *, axis: int | tuple[int, ...] | None = None, keepdims: bool = False
) -> Tensor:
    """Whether any element is true."""
    ...


@composite
def diff(
    xp: Any,
    x: Tensor,
    /,
    *,
    axis: int = -1,
    n: int = 1,
    prepend: Tensor | None = None,
    append: Tensor | None = None,
) -> Tensor:
    """The differences of neighbours along an axis, n times over."""
    (axis,) = axes_within("diff", axis, x.shape)
    if n < 0:
        raise ValueError(f"diff: n is how often, and cannot be {n}")
    if n == 0:
        return x
    parts = [part for part in (prepend, x, append) if part is not None]
    if len(parts) > 1:
        x = xp.concat(parts, axis=axis)
    before = (slice(None),) * axis
    # Of nothing there is nothing left, and some libraries refuse to slice it.
    for _ in range(min(n, x.shape[axis])):
        later, earlier = x[(*before, slice(1, None), ...)], x[(*before, slice(None, -1), ...)]
        x = xp.not_equal(later, earlier) if is_bool(xp, x) else xp.subtract(later, earlier)
    return x


def is_bool(xp: Any, x: Tensor) -> bool:
    return bool(xp.isdtype(x.dtype, "bool"))
