"""Shape and order. What is a view in NumPy is one here."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

from .. import array_api as xp
from ..core.tensor import Tensor, current
from ._axes import as_shape, axes_of, check_order, flat_if_none, normalize_axis
from ._inputs import namespace, tensor, tensors

__all__ = [
    "at_least",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "broadcast_arrays",
    "broadcast_shapes",
    "broadcast_to",
    "expand_dims",
    "flatten",
    "flip",
    "fliplr",
    "flipud",
    "matrix_transpose",
    "moveaxis",
    "permute_dims",
    "ravel",
    "repeat",
    "reshape",
    "resize",
    "roll",
    "rollaxis",
    "rot90",
    "squeeze",
    "swapaxes",
    "tile",
    "transpose",
]

# ---- shape


def reshape(a: Any, /, shape: Any, order: str = "C", *, copy: bool | None = None) -> Tensor:
    """The same elements in another shape, in the order of C or of Fortran."""
    a, sides = tensor(a), as_shape(shape)
    if check_order("reshape", order) == "C":
        return xp.reshape(a, sides) if copy is None else xp.reshape(a, sides, copy=copy)
    if -1 in sides:
        known = math.prod([side for side in sides if side != -1])
        sides = tuple([a.size // max(known, 1) if side == -1 else side for side in sides])
    return transpose(xp.reshape(transpose(a), sides[::-1], copy=copy))


def ravel(a: Any, order: str = "C") -> Tensor:
    """All elements along one axis: a view of an array that lies in memory in that order."""
    a = tensor(a)
    in_order = a._backend.is_contiguous(current(a)._data)
    if check_order("ravel", order) == "C" and not in_order:
        return xp.reshape(a, (-1,), copy=True)  # even where a step between neighbours would do
    return reshape(a, (-1,), order)


def flatten(a: Any, order: str = "C") -> Tensor:
    """All elements along one axis, with memory of their own."""
    return xp.asarray(ravel(a, order), copy=True)


def resize(a: Any, new_shape: Any) -> Tensor:
    """The elements in another shape, repeated from the first one on where there are too few."""
    flat, sides = ravel(a), as_shape(new_shape)
    count = math.prod(sides)
    if not flat.size:
        return namespace(flat).zeros(sides, dtype=flat.dtype, device=flat.device)
    return xp.reshape(xp.tile(flat, (-(-count // flat.size),))[:count], sides)


def expand_dims(a: Any, axis: Any) -> Tensor:
    """New axes of length one."""
    a = tensor(a)
    count = len(axis) if isinstance(axis, tuple | list) else 1
    return xp.expand_dims(a, axes_of(axis, a.ndim + count))


def squeeze(a: Any, axis: Any = None) -> Tensor:
    """Without axes of length one."""
    a = tensor(a)
    if axis is None:
        axis = tuple([i for i, side in enumerate(a.shape) if side == 1])
    return xp.squeeze(a, normalize_axis(axis, a.ndim))


def at_least(a: Tensor, ndim: int) -> Tensor:
    """With so many axes at least, where NumPy puts new ones."""
    if a.ndim >= ndim:
        return a
    if ndim == 3 and a.ndim == 2:
        return a[:, :, None]
    if ndim == 3 and a.ndim == 1:
        return a[None, :, None]
    return xp.reshape(a, (1,) * (ndim - a.ndim) + a.shape)


def atleast_1d(*arys: Any) -> Any:
    """With one axis at least; several arrays give a tuple."""
    return _each(arys, 1)


def atleast_2d(*arys: Any) -> Any:
    """With two axes at least, new ones in front; several arrays give a tuple."""
    return _each(arys, 2)


def atleast_3d(*arys: Any) -> Any:
    """With three axes at least, as NumPy places them; several arrays give a tuple."""
    return _each(arys, 3)


def _each(arys: Sequence[Any], ndim: int) -> Any:
    outs = [at_least(one, ndim) for one in tensors(*arys)]
    return outs[0] if len(outs) == 1 else tuple(outs)


def broadcast_to(array: Any, shape: Any, subok: bool = False) -> Tensor:
    """Stretched to a shape; read-only."""
    return xp.broadcast_to(tensor(array), as_shape(shape))


def broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Tensor, ...]:
    """Stretched to their common shape."""
    return xp.broadcast_arrays(*tensors(*args))


def broadcast_shapes(*args: Any) -> tuple[int, ...]:
    """The shape that arrays of some shapes broadcast to."""
    return xp.broadcast_shapes(*[as_shape(shape) for shape in args])


# ---- order


def transpose(a: Any, axes: Any = None) -> Tensor:
    """The axes in another order; reversed, if none is given."""
    a = tensor(a)
    order = tuple(range(a.ndim))[::-1] if axes is None else axes_of(axes, a.ndim)
    return xp.permute_dims(a, order)


permute_dims = transpose


def matrix_transpose(x: Any, /) -> Tensor:
    """The last two axes exchanged."""
    return xp.matrix_transpose(tensor(x))


def swapaxes(a: Any, axis1: int, axis2: int) -> Tensor:
    """Two axes exchanged."""
    a = tensor(a)
    one, other = normalize_axis(axis1, a.ndim), normalize_axis(axis2, a.ndim)
    order = list(range(a.ndim))
    order[one], order[other] = other, one
    return xp.permute_dims(a, tuple(order))


def moveaxis(a: Any, source: Any, destination: Any) -> Tensor:
    """Some axes moved to other places."""
    a = tensor(a)
    return xp.moveaxis(a, axes_of(source, a.ndim), axes_of(destination, a.ndim))


def rollaxis(a: Any, axis: int, start: int = 0) -> Tensor:
    """An axis moved to lie before another one."""
    a = tensor(a)
    axis = normalize_axis(axis, a.ndim)
    start = operator.index(start)
    start = normalize_axis(start + a.ndim if start < 0 else start, a.ndim + 1)
    return xp.moveaxis(a, axis, start - 1 if axis < start else start)


def flip(m: Any, axis: Any = None) -> Tensor:
    """In reverse order along axes."""
    m = tensor(m)
    return xp.flip(m, axis=axes_of(axis, m.ndim))


def fliplr(m: Any) -> Tensor:
    """In reverse order along the second axis."""
    return flip(m, 1)


def flipud(m: Any) -> Tensor:
    """In reverse order along the first axis."""
    return flip(m, 0)


def roll(a: Any, shift: Any, axis: Any = None) -> Tensor:
    """Shifted along axes; what leaves at one end comes back at the other."""
    a = tensor(a)
    shifts = as_shape(shift)
    if axis is None:
        return xp.roll(a, sum(shifts), axis=None)
    axes = tuple([normalize_axis(one, a.ndim) for one in as_shape(axis)])
    count = max(len(shifts), len(axes))
    shifts, axes = (one * (count if len(one) == 1 else 1) for one in (shifts, axes))
    return xp.roll(a, shifts, axis=axes)


def rot90(m: Any, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Tensor:
    """Turned by k quarters, from the first of two axes towards the second."""
    m = tensor(m)
    both = axes_of(axes, m.ndim)
    if len(both) != 2:
        raise ValueError(f"rot90: there are two axes to turn, not {len(both)}")
    one, other = both
    if k % 4 == 2:
        return flip(m, both)
    if k % 4 == 1:
        return swapaxes(flip(m, other), one, other)
    return flip(swapaxes(m, one, other), other) if k % 4 else m


def repeat(a: Any, repeats: Any, axis: int | None = None) -> Tensor:
    """Each element several times."""
    a, axis = flat_if_none(at_least(tensor(a), 1), axis)
    if not hasattr(repeats, "__len__") or getattr(repeats, "ndim", 1) == 0:
        return xp.repeat(a, operator.index(repeats), axis=axis)
    return xp.repeat(a, tensor(repeats, a), axis=axis)


def tile(A: Any, reps: Any) -> Tensor:
    """The array several times, side by side."""
    return xp.tile(tensor(A), as_shape(reps))
