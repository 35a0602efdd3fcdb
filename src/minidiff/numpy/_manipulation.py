"""Shape and order, joining and splitting. What is a view in NumPy is one here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .. import array_api as xp
from ..core.tensor import Tensor
from ._inputs import Axis, namespace, tensor, tensors

broadcast_shapes = xp.broadcast_shapes


# ---- shape


def reshape(a: Any, shape: Any, order: str = "C") -> Tensor:
    """The same elements in another shape, in the order of C or of Fortran."""
    a = tensor(a)
    sides = (shape,) if isinstance(shape, int) else tuple([int(side) for side in shape])
    if _order("reshape", order) == "C":
        return xp.reshape(a, sides)
    if -1 in sides:
        known = math.prod([side for side in sides if side != -1])
        sides = tuple([a.size // max(known, 1) if side == -1 else side for side in sides])
    return transpose(xp.reshape(transpose(a), sides[::-1]))


def _order(where: str, order: str) -> str:
    if order not in ("C", "F", "A", "K"):
        raise ValueError(f"{where}: order is 'C' or 'F', not {order!r}")
    return "F" if order == "F" else "C"


def ravel(a: Any, order: str = "C") -> Tensor:
    """All elements along one axis."""
    return reshape(a, (-1,), order)


def flatten(a: Any, order: str = "C") -> Tensor:
    """All elements along one axis, with memory of their own."""
    return xp.asarray(ravel(a, order), copy=True)


def transpose(a: Any, axes: Sequence[int] | None = None) -> Tensor:
    """The axes in another order; reversed, if none is given."""
    a = tensor(a)
    return xp.permute_dims(a, tuple(range(a.ndim))[::-1] if axes is None else tuple(axes))


permute_dims = transpose


def matrix_transpose(x: Any, /) -> Tensor:
    """The last two axes exchanged."""
    return xp.matrix_transpose(tensor(x))


def swapaxes(a: Any, axis1: int, axis2: int) -> Tensor:
    """Two axes exchanged."""
    a = tensor(a)
    order = list(range(a.ndim))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return xp.permute_dims(a, tuple(order))


def moveaxis(a: Any, source: int | tuple[int, ...], destination: int | tuple[int, ...]) -> Tensor:
    """Some axes moved to other places."""
    return xp.moveaxis(tensor(a), source, destination)


def rollaxis(a: Any, axis: int, start: int = 0) -> Tensor:
    """An axis moved to lie before another one."""
    a = tensor(a)
    axis, start = axis % a.ndim, start + a.ndim if start < 0 else start
    return xp.moveaxis(a, axis, start - 1 if axis < start else start)


def expand_dims(a: Any, axis: int | tuple[int, ...]) -> Tensor:
    """New axes of length one."""
    return xp.expand_dims(tensor(a), axis)


def squeeze(a: Any, axis: Axis = None) -> Tensor:
    """Without axes of length one."""
    a = tensor(a)
    if axis is None:
        axis = tuple([i for i, side in enumerate(a.shape) if side == 1])
    return xp.squeeze(a, axis)


def _at_least(a: Tensor, ndim: int) -> Tensor:
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
    outs = [_at_least(one, ndim) for one in tensors(*arys)]
    return outs[0] if len(outs) == 1 else tuple(outs)


def broadcast_to(array: Any, shape: Any) -> Tensor:
    """Stretched to a shape; read-only."""
    return xp.broadcast_to(tensor(array), (shape,) if isinstance(shape, int) else tuple(shape))


def broadcast_arrays(*args: Any) -> tuple[Tensor, ...]:
    """Stretched to their common shape."""
    return xp.broadcast_arrays(*tensors(*args))


# ---- joining


def concatenate(arrays: Any, /, axis: int | None = 0, *, dtype: Any = None) -> Tensor:
    """One after another along an axis that they have; flat, if None."""
    parts = _common(arrays)
    if axis is not None and any(part.ndim == 0 for part in parts):
        raise ValueError("concatenate: arrays without axes cannot be joined; use stack")
    out = xp.concat(parts, axis=axis)
    return out if dtype is None else xp.astype(out, dtype)


concat = concatenate


def stack(arrays: Any, axis: int = 0) -> Tensor:
    """One after another along a new axis."""
    return xp.stack(_common(arrays), axis=axis)


def _common(arrays: Any) -> list[Tensor]:
    """Several arrays as Tensors of the dtype that they have together."""
    parts = list(arrays) if type(arrays) is Tensor else tensors(*arrays)
    if not parts:
        raise ValueError("concatenate and stack need at least one array")
    dtype = namespace(*parts).result_type(*parts)
    return [part if part.dtype == dtype else xp.astype(part, dtype) for part in parts]


def vstack(tup: Any) -> Tensor:
    """As rows, one below another."""
    return xp.concat([_at_least(part, 2) for part in _common(tup)], axis=0)


def hstack(tup: Any) -> Tensor:
    """Side by side, along the second axis; vectors along their only one."""
    parts = [_at_least(part, 1) for part in _common(tup)]
    return xp.concat(parts, axis=0 if parts[0].ndim == 1 else 1)


def dstack(tup: Any) -> Tensor:
    """Along the third axis."""
    return xp.concat([_at_least(part, 3) for part in _common(tup)], axis=2)


def column_stack(tup: Any) -> Tensor:
    """Vectors as the columns of a matrix."""
    parts = [_at_least(part, 1) for part in _common(tup)]
    return xp.concat([part[:, None] if part.ndim == 1 else part for part in parts], axis=1)


def append(arr: Any, values: Any, axis: int | None = None) -> Tensor:
    """With values after its last ones along an axis; flat, if None."""
    one, other = tensors(arr, values)
    if axis is None:
        one, other = ravel(one), ravel(other)
        axis = 0
    return concatenate([one, other], axis=axis)


def insert(arr: Any, obj: int, values: Any, axis: int | None = None) -> Tensor:
    """With values before the place `obj` along an axis; flat, if None."""
    one, other = tensors(arr, values)
    if axis is None:
        one, axis = ravel(one), 0
    lead = (slice(None),) * (axis % one.ndim)
    obj = obj + one.shape[axis] if obj < 0 else obj
    sides = [*one.shape]
    sides[axis] = other.shape[axis] if other.ndim == one.ndim else 1
    other = xp.broadcast_to(
        other if other.ndim in (0, one.ndim) else xp.expand_dims(other, axis), tuple(sides)
    )
    return concatenate(
        [one[(*lead, slice(0, obj))], other, one[(*lead, slice(obj, None))]], axis=axis
    )


def delete(arr: Any, obj: Any, axis: int | None = None) -> Tensor:
    """Without the elements at some places (an int, a slice, or integers) along an axis."""
    arr = tensor(arr)
    if axis is None:
        arr, axis = ravel(arr), 0
    places = range(arr.shape[axis])
    if isinstance(obj, slice):
        gone = set(places[obj])
    else:
        wanted = [obj] if isinstance(obj, int) else tensor(obj).as_numpy().reshape(-1).tolist()
        gone = {places[one] for one in wanted}
    stay = namespace(arr).asarray([one for one in places if one not in gone], dtype=xp.int64)
    return xp.take(arr, stay, axis=axis)


# ---- splitting


def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    """Equal parts along an axis, or the parts between some places."""
    ary = tensor(ary)
    if isinstance(indices_or_sections, int) and ary.shape[axis] % indices_or_sections:
        raise ValueError(
            f"split: {ary.shape[axis]} elements cannot be cut into {indices_or_sections} equal "
            "parts; array_split takes unequal ones"
        )
    return array_split(ary, indices_or_sections, axis)


def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    """Parts along an axis, as equal as possible, or those between some places."""
    ary = tensor(ary)
    count = ary.shape[axis]
    if isinstance(indices_or_sections, int):
        each, more = divmod(count, indices_or_sections)
        lengths = [each + 1] * more + [each] * (indices_or_sections - more)
        ends = [sum(lengths[: i + 1]) for i in range(len(lengths))]
    else:
        ends = [*[int(one) for one in indices_or_sections], count]
    lead = (slice(None),) * (axis % ary.ndim)
    return [
        ary[(*lead, slice(start, end), ...)]
        for start, end in zip([0, *ends[:-1]], ends, strict=True)
    ]


def vsplit(ary: Any, indices_or_sections: Any) -> list[Tensor]:
    """Parts along the first axis."""
    return split(ary, indices_or_sections, 0)


def hsplit(ary: Any, indices_or_sections: Any) -> list[Tensor]:
    """Parts along the second axis; of a vector along its only one."""
    ary = tensor(ary)
    return split(ary, indices_or_sections, 0 if ary.ndim == 1 else 1)


def dsplit(ary: Any, indices_or_sections: Any) -> list[Tensor]:
    """Parts along the third axis."""
    return split(ary, indices_or_sections, 2)


def unstack(x: Any, /, *, axis: int = 0) -> tuple[Tensor, ...]:
    """The slices along an axis."""
    return xp.unstack(tensor(x), axis=axis)


# ---- order and repetition


def flip(m: Any, axis: Axis = None) -> Tensor:
    """In reverse order along axes."""
    return xp.flip(tensor(m), axis=axis)


def fliplr(m: Any) -> Tensor:
    """In reverse order along the second axis."""
    return flip(m, 1)


def flipud(m: Any) -> Tensor:
    """In reverse order along the first axis."""
    return flip(m, 0)


def roll(a: Any, shift: Any, axis: Axis = None) -> Tensor:
    """Shifted along axes; what leaves at one end comes back at the other."""
    a = tensor(a)
    if isinstance(axis, tuple) and isinstance(shift, int):
        shift = (shift,) * len(axis)
    return xp.roll(a, shift, axis=axis)


def rot90(m: Any, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Tensor:
    """Turned by k quarters, from the first of two axes towards the second."""
    m = tensor(m)
    one, other = axes
    if k % 4 == 2:
        return flip(m, axes)
    if k % 4 == 1:
        return swapaxes(flip(m, other), one, other)
    return flip(swapaxes(m, one, other), other) if k % 4 else m


def repeat(a: Any, repeats: Any, axis: int | None = None) -> Tensor:
    """Each element several times."""
    a = tensor(a)
    if axis is None:
        a, axis = ravel(a), 0
    if not isinstance(repeats, int):
        repeats = tensor(repeats, a)
    return xp.repeat(a, repeats, axis=axis)


def tile(A: Any, reps: Any) -> Tensor:
    """The array several times, side by side."""
    return xp.tile(tensor(A), (reps,) if isinstance(reps, int) else tuple(reps))


PAD_MODES = ("constant", "edge", "reflect", "symmetric", "wrap")


def pad(array: Any, pad_width: Any, mode: str = "constant", *, constant_values: Any = 0) -> Tensor:
    """With more elements at the ends of each axis.

    `pad_width` is one number, a pair (before, after), or a pair for each axis.
    """
    array = tensor(array)
    if mode not in PAD_MODES:
        raise ValueError(f"pad: mode is one of {', '.join(PAD_MODES)}, not {mode!r}")
    widths, values = _pairs(pad_width, array.ndim), _pairs(constant_values, array.ndim)
    for axis, ((before, after), ends) in enumerate(zip(widths, values, strict=True)):
        if before < 0 or after < 0:
            raise ValueError(f"pad: a width is not negative, and {(before, after)} was given")
        if mode == "constant":
            array = _with_ends(array, axis, (before, after), ends)
        else:
            places = _places(mode, array.shape[axis], before, after)
            indices = namespace(array).asarray(places, dtype=xp.int64, device=array.device)
            array = xp.take(array, indices, axis=axis)
    return array


def _pairs(value: Any, ndim: int) -> list[tuple[Any, Any]]:
    """One number, a pair, or a pair for each axis, as a pair for each axis."""
    if not isinstance(value, list | tuple):
        return [(value, value)] * ndim
    if not isinstance(value[0], list | tuple):
        return [(value[0], value[-1])] * ndim
    pairs = [(one[0], one[-1]) for one in value]
    return pairs * ndim if len(pairs) == 1 else pairs


def _with_ends(
    array: Tensor, axis: int, widths: tuple[int, int], values: tuple[Any, Any]
) -> Tensor:
    parts = []
    for width, value in zip(widths, values, strict=True):
        sides = (*array.shape[:axis], width, *array.shape[axis + 1 :])
        end = xp.astype(tensor(value, array), array.dtype)
        parts.append(xp.broadcast_to(end, sides))
    return xp.concat([parts[0], array, parts[1]], axis=axis)


def _places(mode: str, count: int, before: int, after: int) -> list[int]:
    """Which element stands at each place of a padded axis."""
    wanted = range(-before, count + after)
    if mode == "edge":
        return [min(max(i, 0), count - 1) for i in wanted]
    if mode == "wrap":
        return [i % count for i in wanted]
    if mode == "symmetric":
        turns = [*range(count), *reversed(range(count))]
    else:  # the elements at the ends come once
        turns = [*range(count), *reversed(range(1, count - 1))] if count > 1 else [0]
    return [turns[i % len(turns)] for i in wanted]
