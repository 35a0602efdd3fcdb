"""What several chapters' formulas share."""

from __future__ import annotations

import math
import operator
from typing import Any

from ..backends import SCALARS
from ..core.tensor import Tensor, raw

__all__ = [
    "SCALARS",
    "anywhere",
    "as_floating",
    "axes_of",
    "axes_within",
    "axis_numbers",
    "constant",
    "count_along",
    "flat_axes",
    "infinite_at_zero",
    "is_complex",
    "keep_axes",
    "recorded",
    "spread",
    "unflat_axes",
]

Axis = int | tuple[int, ...] | None


def anywhere(xp: Any, condition: Any) -> bool:
    """Whether a condition holds for any element; inside vmap, for any sample."""
    found = raw(xp.any(condition))
    return bool(found.in_any_sample() if hasattr(found, "in_any_sample") else found)


def recorded(x: Any) -> bool:
    """Whether a formula's value has a history, here or, inside vmap, underneath."""
    if type(x) is Tensor:
        return x.allow_grad or recorded(x._data)
    return hasattr(x, "in_any_sample") and recorded(x.value)


def constant(x: Any) -> Any:
    """A formula's value without its history."""
    if type(x) is Tensor:
        return x.detach()
    return type(x)(x.value.detach(), x.mapped) if hasattr(x, "in_any_sample") else x


def is_complex(xp: Any, x: Any) -> bool:
    return bool(xp.isdtype(x.dtype, "complex floating"))


def as_floating(xp: Any, x: Any) -> Any:
    """Integers as the default floating dtype, as functions that divide or take roots need them."""
    if xp.isdtype(x.dtype, ("real floating", "complex floating")):
        return x
    return xp.astype(x, xp.asarray(0.0, device=x.device).dtype)


def infinite_at_zero(xp: Any, x: Any) -> Any:
    """x, and inf in place of 0: a quotient by it is 0 there, and so are its derivatives."""
    return xp.where(x == 0, math.inf, x)


def axis_numbers(axis: Any) -> tuple[int, ...]:
    """An axis or several as Python's integers: NumPy's, say, would not repeat a tuple."""
    several = axis if isinstance(axis, tuple | list | range) else (axis,)
    return tuple([operator.index(one) for one in several])


def axes_of(axis: Axis, ndim: int) -> tuple[int, ...]:
    """An `axis` argument as non-negative numbers; None is all of them."""
    if axis is None:
        return tuple(range(ndim))
    if type(axis) is int:  # the usual one, without the detour
        return (axis % ndim,)
    return tuple([one % ndim for one in axis_numbers(axis)])


def axes_within(name: str, axis: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """An axis or several of a shape as non-negative numbers; a function's name for the error."""
    numbers = axis_numbers(axis)
    if not all(-len(shape) <= one < len(shape) for one in numbers):
        raise IndexError(f"{name}: axis {axis} is out of range for shape {shape}")
    return tuple([one % len(shape) for one in numbers])


def count_along(shape: tuple[int, ...], axis: Axis) -> int:
    """How many elements a reduction takes together."""
    return math.prod([shape[one] for one in axes_of(axis, len(shape))])


def keep_axes(xp: Any, x: Any, shape: tuple[int, ...], axis: Axis, keepdims: bool) -> Any:
    """The result of a reduction of an array of some shape, with the axes that went as ones."""
    if keepdims or not shape:
        return x
    if type(axis) is int:  # the usual one, without the detour
        axis %= len(shape)
        return xp.reshape(x, (*shape[:axis], 1, *shape[axis + 1 :]))
    gone = axes_of(axis, len(shape))
    return xp.reshape(x, tuple([1 if i in gone else side for i, side in enumerate(shape)]))


def spread(xp: Any, g: Any, shape: tuple[int, ...], axis: Axis, keepdims: bool) -> Any:
    """The transpose of a sum over axes: each element gets what its sum got."""
    if axis is not None:
        g = keep_axes(xp, g, shape, axis, keepdims)
    return xp.broadcast_to(g, shape)


def flat_axes(xp: Any, x: Any, axis: Axis) -> Any:
    """The axes of a reduction laid flat as the last one."""
    gone = axes_of(axis, x.ndim)
    stay = [i for i in range(x.ndim) if i not in gone]
    shape = [x.shape[i] for i in stay]
    return xp.reshape(xp.permute_dims(x, (*stay, *gone)), (*shape, count_along(x.shape, axis)))


def unflat_axes(xp: Any, x: Any, shape: tuple[int, ...], axis: Axis) -> Any:
    """Undo `flat_axes` for an array that had some shape."""
    gone = axes_of(axis, len(shape))
    order = [i for i in range(len(shape)) if i not in gone] + list(gone)
    x = xp.reshape(x, tuple([shape[i] for i in order]))
    return xp.permute_dims(x, tuple([order.index(i) for i in range(len(shape))]))
