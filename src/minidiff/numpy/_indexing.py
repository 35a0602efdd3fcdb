"""Reading at places, finding them, and choosing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as bare

from .. import array_api as xp
from ..array_api._helpers import anywhere
from ..core.tensor import Tensor
from ._axes import as_shape, check_order, flat_if_none
from ._dtypes import alike, as_dtype, is_bool
from ._inputs import indices_of, into, namespace, numbers_of, tensor, tensors
from ._manipulation import ravel

__all__ = [
    "argwhere",
    "choose",
    "compress",
    "extract",
    "flatnonzero",
    "getitem",
    "nonzero",
    "ravel_multi_index",
    "select",
    "take",
    "take_along_axis",
    "unravel_index",
    "where",
    "within",
]

MISSING: Any = object()


def within(
    where: str, indices: Tensor, count: int, mode: str = "raise", *, negative: bool = False
) -> Tensor:
    """Indices in range(count): brought there, as `mode` says, or an error.

    With `negative` those that count from the end are as good.
    """
    if mode == "wrap":
        return indices % count
    if mode == "clip":
        return xp.clip(indices, 0, count - 1)
    if mode != "raise":
        raise ValueError(f"{where}: mode is 'raise', 'wrap' or 'clip', not {mode!r}")
    lowest = -count if negative else 0
    if anywhere(xp, (indices < lowest) | (indices >= count)):
        kind = IndexError if negative else ValueError
        raise kind(f"{where}: an index is out of bounds; they go from {lowest} to {count - 1}")
    return xp.where(indices < 0, indices + count, indices) if negative else indices


def getitem(x: Any, key: Any) -> Tensor:
    """x[key]."""
    out: Tensor = tensor(x)[key]
    return out


def take(
    a: Any, indices: Any, axis: int | None = None, out: Any = None, mode: str = "raise"
) -> Tensor:
    """The elements at indices of any shape along an axis; of all in order, if None."""
    a = tensor(a, indices)
    indices = numbers_of(indices, a)
    a, axis = flat_if_none(a if a.ndim else xp.reshape(a, (1,)), axis)
    if mode != "raise":  # in which the library has a word of its own
        indices = within("take", indices, a.shape[axis], mode)
    if isinstance(a.dtype, bare.dtype):  # as NumPy's arrays are indexed, which is quicker
        return into(out, a[(*(slice(None),) * axis, indices)])
    found = xp.take(a, indices if indices.ndim == 1 else ravel(indices), axis=axis)
    shape = (*a.shape[:axis], *indices.shape, *a.shape[axis + 1 :])
    return into(out, found if indices.ndim == 1 else xp.reshape(found, shape))


def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Tensor:
    """The elements at indices that differ from line to line."""
    arr = tensor(arr, indices)
    indices = indices_of(indices, arr)
    arr, axis = flat_if_none(arr, axis)
    return xp.take_along_axis(arr, indices, axis=axis)


def where(condition: Any, x: Any = MISSING, y: Any = MISSING, /) -> Any:
    """X where a condition holds, y elsewhere; the indices where it does, if they are not given."""
    if x is MISSING and y is MISSING:
        return nonzero(condition)
    if x is MISSING or y is MISSING:
        raise ValueError("where: give both x and y, or neither")
    condition = tensor(condition, [x, y])
    if not is_bool(condition):
        condition = xp.not_equal(condition, 0)
    values: list[Any] = [
        v if isinstance(v, int | float | complex) else tensor(v, [condition]) for v in (x, y)
    ]
    if not any(type(v) is Tensor for v in values):
        values = alike(*values, like=condition)
    return xp.where(condition, *values)


def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Tensor:
    """The first choice whose condition holds, element by element."""
    condlist, choicelist = list(condlist), list(choicelist)
    if len(condlist) != len(choicelist) or not condlist:
        raise ValueError(
            f"select: {len(condlist)} conditions need as many choices, not {len(choicelist)}"
        )
    *choices, out = alike(*choicelist, default, like=condlist)
    for condition, choice in zip(reversed(condlist), reversed(choices), strict=True):
        out = where(condition, choice, out)
    return out


def choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Tensor:
    """Of several arrays the element of that one whose number stands in `a`."""
    a = indices_of(a, choices)
    given = list(choices) if type(choices) is Tensor else alike(*choices, like=a)
    a = within("choose", a, len(given), mode)
    a, *parts = xp.broadcast_arrays(a, *given)
    found = parts[0] if len(parts) > 1 else xp.asarray(parts[0], copy=True)
    for i, part in enumerate(parts[1:], 1):
        found = xp.where(a == i, part, found)
    return into(out, found)


def compress(condition: Any, a: Any, axis: int | None = None, out: Any = None) -> Tensor:
    """The slices along an axis for which a condition holds."""
    a, condition = tensors(a, condition)
    if condition.ndim != 1:
        raise ValueError(f"compress: a condition has one axis, and its shape is {condition.shape}")
    return take(a, flatnonzero(condition), axis, out)


def extract(condition: Any, arr: Any) -> Tensor:
    """The elements for which a condition holds."""
    return compress(ravel(condition), ravel(arr))


# ---- where things are


def nonzero(a: Any) -> tuple[Tensor, ...]:
    """The indices of the elements that are not 0, an array for each axis."""
    return xp.nonzero(tensor(a))


def flatnonzero(a: Any) -> Tensor:
    """The flat indices of the elements that are not 0."""
    return nonzero(ravel(a))[0]


def argwhere(a: Any) -> Tensor:
    """The indices of the elements that are not 0, a row for each."""
    return xp.stack(list(nonzero(a)), axis=-1)


def _whole(indices: Any, like: Any = None) -> Tensor:
    """Indices in the dtype that every one fits in."""
    found = indices_of(indices, like)
    return as_dtype(found, namespace(found).int64)


def unravel_index(indices: Any, shape: Any, order: str = "C") -> tuple[Tensor, ...]:
    """Flat indices as indices for each axis of a shape."""
    sides = as_shape(shape)
    size = 1
    for side in sides:
        size *= side
    flat = within("unravel_index", _whole(indices), size)
    last_first = list(reversed(sides)) if check_order("unravel_index", order) == "C" else sides
    out = []
    for side in last_first:
        out.append(flat % side)
        flat = flat // side
    return tuple(out if order == "F" else reversed(out))


def ravel_multi_index(
    multi_index: Any, dims: Any, mode: str | tuple[str, ...] = "raise", order: str = "C"
) -> Tensor:
    """Indices for each axis of a shape as flat indices."""
    parts, sides = [_whole(one, multi_index) for one in multi_index], as_shape(dims)
    modes = (mode,) * len(sides) if isinstance(mode, str) else mode
    if len(parts) != len(sides):
        raise ValueError(
            f"ravel_multi_index: {len(sides)} axes need as many indices, not {len(parts)}"
        )
    axes = (
        range(len(sides))
        if check_order("ravel_multi_index", order) == "C"
        else range(len(sides))[::-1]
    )
    out: Any = 0
    for i in axes:
        out = out * sides[i] + within("ravel_multi_index", parts[i], sides[i], modes[i])
    return out
