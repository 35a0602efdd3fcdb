"""Joining arrays and splitting them, putting elements in and taking some out."""

from __future__ import annotations

import operator
from typing import Any

import numpy as bare

from .. import array_api as xp
from ..core.tensor import Tensor
from ._axes import as_shape, flat_if_none, normalize_axis
from ._dtypes import as_dtype, cast, is_bool, promoted
from ._inputs import indices_of, into, tensor, tensors, values_of
from ._manipulation import at_least, ravel

__all__ = [
    "append",
    "array_split",
    "block",
    "column_stack",
    "concat",
    "concatenate",
    "delete",
    "dsplit",
    "dstack",
    "hsplit",
    "hstack",
    "insert",
    "split",
    "stack",
    "unstack",
    "vsplit",
    "vstack",
]

# ---- joining


def concatenate(
    arrays: Any,
    /,
    axis: int | None = 0,
    out: Any = None,
    *,
    dtype: Any = None,
    casting: str = "same_kind",
) -> Tensor:
    """One after another along an axis that they have; flat, if None."""
    parts = _common(arrays, dtype, casting)
    if axis is not None and any(part.ndim == 0 for part in parts):
        raise ValueError("concatenate: arrays without axes cannot be joined; use stack")
    return into(out, xp.concat(parts, axis=normalize_axis(axis, parts[0].ndim)))


concat = concatenate


def stack(
    arrays: Any,
    axis: int = 0,
    out: Any = None,
    *,
    dtype: Any = None,
    casting: str = "same_kind",
) -> Tensor:
    """One after another along a new axis."""
    parts = _common(arrays, dtype, casting)
    return into(out, xp.stack(parts, axis=normalize_axis(axis, parts[0].ndim + 1)))


def _common(arrays: Any, dtype: Any = None, casting: str = "same_kind") -> list[Tensor]:
    """Several arrays as Tensors of the dtype that is given, or that they have together."""
    parts = list(arrays) if type(arrays) is Tensor else tensors(*arrays)
    if not parts:
        raise ValueError("concatenate and stack need at least one array")
    if dtype is not None:
        return [cast(part, dtype, casting) for part in parts]
    dtype = promoted(parts[0], *[part.dtype for part in parts])
    return [as_dtype(part, dtype) for part in parts]


def vstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Tensor:
    """As rows, one below another."""
    return xp.concat([at_least(part, 2) for part in _common(tup, dtype, casting)], axis=0)


def hstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Tensor:
    """Side by side, along the second axis; vectors along their only one."""
    parts = [at_least(part, 1) for part in _common(tup, dtype, casting)]
    return xp.concat(parts, axis=0 if parts[0].ndim == 1 else 1)


def dstack(tup: Any) -> Tensor:
    """Along the third axis."""
    return xp.concat([at_least(part, 3) for part in _common(tup)], axis=2)


def column_stack(tup: Any) -> Tensor:
    """Vectors as the columns of a matrix."""
    parts = [at_least(part, 1) for part in _common(tup)]
    return xp.concat([part[:, None] if part.ndim == 1 else part for part in parts], axis=1)


def block(arrays: Any) -> Tensor:
    """Blocks in nested lists put together: the innermost lists along the last axis, and so on."""
    depth = _depth(arrays)
    blocks = _as_blocks(arrays, arrays)
    made = _joined(blocks, depth, max(depth, _most_axes(blocks)))
    return made if depth else xp.asarray(made, copy=True)


def _depth(arrays: Any) -> int:
    return 1 + _depth(arrays[0]) if type(arrays) is list and arrays else 0


def _as_blocks(arrays: Any, like: Any) -> Any:
    if type(arrays) is list:
        return [_as_blocks(one, like) for one in arrays]
    return tensor(arrays, like)


def _most_axes(blocks: Any) -> int:
    return blocks.ndim if type(blocks) is Tensor else max(map(_most_axes, blocks), default=0)


def _joined(blocks: Any, depth: int, ndim: int) -> Tensor:
    if (type(blocks) is Tensor) != (depth == 0) or (depth and not blocks):
        raise ValueError("block: lists are nested as deep everywhere, and none is empty")
    if type(blocks) is Tensor:
        return xp.reshape(blocks, (1,) * (ndim - blocks.ndim) + blocks.shape)
    parts = [_joined(one, depth - 1, ndim) for one in blocks]
    return xp.concat(_common(parts), axis=ndim - depth)


def append(arr: Any, values: Any, axis: int | None = None) -> Tensor:
    """With values after its last ones along an axis; flat, if None."""
    one, other = tensors(arr, values)
    if axis is None:
        return concatenate([ravel(one), ravel(other)])
    return concatenate([one, other], axis)


# ---- putting in and taking out


def insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Tensor:
    """With values before places along an axis; flat, if None.

    `obj` is an integer, a slice, integers or a mask.
    """
    arr, values = tensors(arr, values)
    arr, axis = flat_if_none(arr, axis)
    values = as_dtype(values, arr.dtype)
    count = arr.shape[axis]
    single, places = _places("insert", obj, count, count)
    if len(places) == 1:  # to which all of the values go
        values = xp.reshape(values, (1,) * (arr.ndim - values.ndim) + values.shape)
        values = xp.moveaxis(values, 0, axis) if single else values
        places = places.repeat(values.shape[axis])
    values = xp.broadcast_to(values, (*arr.shape[:axis], len(places), *arr.shape[axis + 1 :]))
    # Element i is at i + 1/2, so that what goes before it comes before it in order.
    order = bare.argsort(bare.concatenate([bare.arange(count) + 0.5, places]), kind="stable")
    whole = xp.concat([arr, values], axis=axis)
    return xp.take(whole, tensor(order, whole), axis=axis)


def delete(arr: Any, obj: Any, axis: int | None = None) -> Tensor:
    """Without the elements at places along an axis: an integer, a slice, integers or a mask."""
    arr, axis = flat_if_none(tensor(arr), axis)
    count = arr.shape[axis]
    _, gone = _places("delete", obj, count, count - 1)
    stay = bare.delete(bare.arange(count), gone)
    return xp.take(arr, tensor(stay, arr), axis=axis)


def _places(where: str, obj: Any, count: int, last: int) -> tuple[bool, Any]:
    """Whether one place is meant, and the places as NumPy's integers from 0 on."""
    if isinstance(obj, slice):
        return False, bare.arange(count)[obj]
    found = indices_of(obj)
    places = values_of(found, where).reshape(-1)
    if is_bool(found):
        if found.shape != (count,):
            raise ValueError(f"{where}: the mask has the shape {found.shape}, not {(count,)}")
        return False, bare.nonzero(places)[0]
    if places.dtype.kind not in "iu":
        raise IndexError(f"{where}: places are integers, and {places.dtype} was given")
    wrong = places[(places < -count) | (places > last)]
    if wrong.size:
        raise IndexError(f"{where}: place {wrong[0]} is out of bounds of {count} elements")
    return found.ndim == 0, bare.where(places < 0, places + count, places)


# ---- splitting


def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    """Equal parts along an axis, or the parts between some places."""
    ary = tensor(ary)
    count = ary.shape[normalize_axis(axis, ary.ndim)]
    if _is_number(indices_or_sections) and count % max(operator.index(indices_or_sections), 1):
        raise ValueError(
            f"split: {count} elements cannot be cut into {indices_or_sections} equal parts; "
            "array_split takes unequal ones"
        )
    return array_split(ary, indices_or_sections, axis)


def _is_number(value: Any) -> bool:
    return getattr(value, "ndim", 0) == 0 and not isinstance(value, list | tuple)


def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    """Parts along an axis, as equal as possible, or those between some places."""
    ary = tensor(ary)
    axis = normalize_axis(axis, ary.ndim)
    count = ary.shape[axis]
    if _is_number(indices_or_sections):
        sections = operator.index(indices_or_sections)
        if sections < 1:
            raise ValueError(f"array_split: there is one part at least, not {sections}")
        each, more = divmod(count, sections)
        lengths = [each + 1] * more + [each] * (sections - more)
        ends = [sum(lengths[: i + 1]) for i in range(len(lengths))]
    else:
        ends = [*as_shape(indices_or_sections), count]
    lead = (slice(None),) * axis
    return [
        ary[(*lead, slice(start, end), ...)]
        for start, end in zip([0, *ends[:-1]], ends, strict=True)
    ]


def vsplit(ary: Any, indices_or_sections: Any) -> list[Tensor]:
    """Parts along the first axis."""
    return split(_with_axes("vsplit", ary, 2), indices_or_sections, 0)


def hsplit(ary: Any, indices_or_sections: Any) -> list[Tensor]:
    """Parts along the second axis; of a vector along its only one."""
    ary = _with_axes("hsplit", ary, 1)
    return split(ary, indices_or_sections, 0 if ary.ndim == 1 else 1)


def dsplit(ary: Any, indices_or_sections: Any) -> list[Tensor]:
    """Parts along the third axis."""
    return split(_with_axes("dsplit", ary, 3), indices_or_sections, 2)


def _with_axes(where: str, ary: Any, ndim: int) -> Tensor:
    ary = tensor(ary)
    if ary.ndim < ndim:
        raise ValueError(f"{where} needs an array of {ndim} axes or more, not {ary.ndim}")
    return ary


def unstack(x: Any, /, *, axis: int = 0) -> tuple[Tensor, ...]:
    """The slices along an axis."""
    x = tensor(x)
    return xp.unstack(x, axis=normalize_axis(axis, x.ndim))
