"""Finding elements, and choosing between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from ..core.words import elementwise, nondifferentiable

if TYPE_CHECKING:
    from ..core.tensor import Tensor


@nondifferentiable
def argmax(xp: Any, x: Tensor, /, *, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Where the largest element is."""
    ...


@nondifferentiable
def argmin(xp: Any, x: Tensor, /, *, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Where the smallest element is."""
    ...


@nondifferentiable
def count_nonzero(
    xp: Any, x: Tensor, /, *, axis: int | tuple[int, ...] | None = None, keepdims: bool = False
) -> Tensor:
    """How many elements are not zero."""
    ...


@nondifferentiable
def nonzero(xp: Any, x: Tensor, /) -> tuple[Tensor, ...]:
    """The indices of the elements that are not zero, axis by axis."""
    ...


@nondifferentiable
def searchsorted(
    xp: Any,
    x1: Tensor,
    x2: Tensor | float,
    /,
    *,
    side: Literal["left", "right"] = "left",
    sorter: Tensor | None = None,
) -> Tensor:
    """Where elements would have to be inserted to keep an array sorted."""
    ...


@elementwise(
    x1=lambda xp, g, condition: xp.where(condition, g, 0),
    x2=lambda xp, g, condition: xp.where(condition, 0, g),
)
def where(xp: Any, condition: Tensor, x1: Tensor | complex, x2: Tensor | complex, /) -> Tensor:
    """Elements of x1 where the condition holds, of x2 elsewhere."""
    ...
