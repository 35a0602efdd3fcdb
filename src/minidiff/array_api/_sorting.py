"""Sorting. The gradient follows the permutation that `argsort` returns, in ties too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..core.words import composite, nondifferentiable

if TYPE_CHECKING:
    from ..core.tensor import Tensor


@nondifferentiable
def argsort(
    xp: Any, x: Tensor, /, *, axis: int = -1, descending: bool = False, stable: bool = True
) -> Tensor:
    """The indices that sort an array along an axis."""
    ...


@nondifferentiable
def in_order(xp: Any, x: Tensor, /, *, axis: int, descending: bool, stable: bool) -> Tensor:
    """The library's own `sort`, which takes dtypes that `take_along_axis` need not take."""
    return xp.sort(x, axis=axis, descending=descending, stable=stable)


@composite
def sort(
    xp: Any, x: Tensor, /, *, axis: int = -1, descending: bool = False, stable: bool = True
) -> Tensor:
    """The elements in order along an axis."""
    if not x.allow_grad:
        return in_order(x, axis=axis, descending=descending, stable=stable)
    order = xp.argsort(x, axis=axis, descending=descending, stable=stable)
    return xp.take_along_axis(x, order, axis=axis)
