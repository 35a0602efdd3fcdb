"""`pad`: more elements at the ends of each axis."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as bare

from .. import array_api as xp
from ..core.tensor import Tensor
from ._axes import normalize_axis
from ._dtypes import as_dtype
from ._elementwise import rint
from ._inputs import is_floating, namespace, tensor
from ._quantiles import median
from ._ranges import linspace
from ._reductions import max, mean, min

__all__ = ["pad"]

# The keyword of each mode, and its default.
MODES: dict[str, dict[str, Any]] = {
    "constant": {"constant_values": 0},
    "edge": {},
    "empty": {},
    "linear_ramp": {"end_values": 0},
    "maximum": {"stat_length": None},
    "mean": {"stat_length": None},
    "median": {"stat_length": None},
    "minimum": {"stat_length": None},
    "reflect": {"reflect_type": "even"},
    "symmetric": {"reflect_type": "even"},
    "wrap": {},
}
STATISTICS: dict[str, Callable[..., Tensor]] = {
    "maximum": max,
    "mean": mean,
    "median": median,
    "minimum": min,
}

Pair = tuple[Any, Any]


def pad(array: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> Tensor:
    """With more elements at the ends of each axis.

    Parameters
    ----------
    array : array
        Anything that NumPy makes an array of.
    pad_width : int, pair, pair for each axis, or dict of these by axis
        How many before and after.
    mode : str or callable
        What they are, as in `numpy.pad`: 'constant', 'edge', 'linear_ramp', 'maximum', 'mean',
        'median', 'minimum', 'reflect', 'symmetric', 'wrap', 'empty' (here: zeros), or a function
        that writes them into each line.
    **kwargs
        `constant_values`, `end_values`, `stat_length` or `reflect_type`, of the modes that they
        belong to.
    """
    array = tensor(array)
    widths = checked_widths(pad_width, array.ndim)
    if callable(mode):
        return filled_by(mode, array, widths, kwargs)
    if mode not in MODES:
        raise ValueError(f"pad: mode is one of {', '.join(MODES)} or a function, not {mode!r}")
    if not kwargs.keys() <= MODES[mode].keys():
        raise ValueError(
            f"pad: mode {mode!r} has no {', '.join(kwargs.keys() - MODES[mode].keys())}"
        )
    (option,) = {**MODES[mode], **kwargs}.values() or (None,)
    options = [(option, option)] * array.ndim if mode in REPEATS else pairs(option, array.ndim)
    for axis, (width, of_axis) in enumerate(zip(widths, options, strict=True)):
        if width != (0, 0):
            array = padded(array, axis, width, mode, of_axis)
    return array if any(map(any, widths)) else xp.asarray(array, copy=True)


def checked_widths(pad_width: Any, ndim: int) -> list[tuple[int, int]]:
    if isinstance(pad_width, dict):
        given = {normalize_axis(axis, ndim): one for axis, one in pad_width.items()}
        pad_width = [pairs(given.get(axis, 0), 1)[0] for axis in range(ndim)]
    widths = [(operator.index(one), operator.index(other)) for one, other in pairs(pad_width, ndim)]
    if any(one < 0 for width in widths for one in width):
        raise ValueError(f"pad: a width is not negative, and {pad_width} was given")
    return widths


def pairs(value: Any, ndim: int) -> list[Pair]:
    """One number, a pair, or a pair for each axis, as a pair for each axis."""
    value = as_lists(value)
    if not isinstance(value, list | tuple) or not ndim:
        return [(value, value)] * ndim
    rows = value if isinstance(value[0], list | tuple) else [value]
    if len(rows) not in (1, ndim) or any(len(row) > 2 for row in rows):
        raise ValueError(f"pad: {value} are no pairs for {ndim} axes")
    made = [(row[0], row[-1]) for row in rows]
    return made * ndim if len(made) == 1 else made


def as_lists(value: Any) -> Any:
    """An array as nested lists of numbers, or of Tensors that keep their history."""
    if isinstance(value, bare.ndarray | Tensor) and value.ndim:
        return [as_lists(one) for one in value]
    return value


def padded(array: Tensor, axis: int, width: tuple[int, int], mode: str, option: Pair) -> Tensor:
    count = array.shape[axis]
    if not count and mode not in ("constant", "empty"):
        raise ValueError(f"pad: axis {axis} is empty, so there is nothing to fill it with")
    if mode in REPEATS:
        return repeated(array, axis, width, mode, odd=option[0] == "odd")
    if mode in ("constant", "empty"):
        ends = [tensor(one if mode == "constant" else 0, array) for one in option]
    elif mode == "linear_ramp":
        edges = [xp.take(array, tensor([place], array), axis=axis) for place in (0, count - 1)]
        first, last = [ramp(*given, axis) for given in zip(option, edges, width, strict=True)]
        return xp.concat([first, array, xp.flip(last, axis=axis)], axis=axis)
    else:
        ends = statistics(array, axis, mode, option)
    sides = [(*array.shape[:axis], one, *array.shape[axis + 1 :]) for one in width]
    first, last = [
        xp.broadcast_to(as_dtype(end, array.dtype), side)
        for end, side in zip(ends, sides, strict=True)
    ]
    return xp.concat([first, array, last], axis=axis)


def ramp(start: Any, edge: Tensor, width: int, axis: int) -> Tensor:
    """From a value towards the edge of an array along an axis, without the edge."""
    start, edge = tensor(start, edge), xp.squeeze(edge, axis)
    return linspace(start, edge, width, endpoint=False, dtype=edge.dtype, axis=axis)


def statistics(array: Tensor, axis: int, mode: str, lengths: Pair) -> list[Tensor]:
    """A statistic of the elements next to either end, along an axis."""
    count = array.shape[axis]
    if any(length is not None and length < 1 for length in lengths):
        raise ValueError(f"pad: stat_length is 1 or more, not {lengths}")
    before = (slice(None),) * axis
    first, last = [count if one is None else bare.minimum(one, count) for one in lengths]
    parts = [
        array[(*before, slice(None, first), ...)],
        array[(*before, slice(count - last, None), ...)],
    ]
    found = [STATISTICS[mode](part, axis=axis, keepdims=True) for part in parts]
    return found if is_floating(array) else [rint(one) for one in found]


# ---- modes that repeat the array's elements

REPEATS = ("edge", "reflect", "symmetric", "wrap")


def repeated(array: Tensor, axis: int, width: tuple[int, int], mode: str, *, odd: bool) -> Tensor:
    count = array.shape[axis]
    wanted = bare.arange(-width[0], count + width[1])
    if mode == "edge" or count == 1:
        places, turned = bare.clip(wanted, 0, count - 1), None
    elif mode == "wrap":
        places, turned = wanted % count, None
    else:
        # There and back again: in `reflect` the elements at the ends come once.
        period = 2 * count - (2 if mode == "reflect" else 0)
        times, rest = bare.divmod(wanted, period)
        turned = rest >= count
        places = bare.where(turned, (period if mode == "reflect" else period - 1) - rest, rest)
    out = xp.take(array, tensor(places, array), axis=axis)
    if not odd or turned is None:
        return out
    # Mirrored at the ends themselves: 2 edge - x, where each whole period adds twice the difference
    # of the ends.
    space, sides = namespace(array), tuple([-1 if i == axis else 1 for i in range(array.ndim)])
    sign, first, last = [
        xp.reshape(space.asarray(one, dtype=array.dtype, device=array.device), sides)
        for one in (1 - 2 * turned, -2 * times, 2 * times + 2 * turned)
    ]
    edges = [xp.take(array, tensor([place], array), axis=axis) for place in (0, count - 1)]
    return sign * out + first * edges[0] + last * edges[1]


# ---- a function of the user's


def filled_by(
    function: Callable[..., Any],
    array: Tensor,
    widths: list[tuple[int, int]],
    kwargs: dict[str, Any],
) -> Tensor:
    """Zeros at the ends, into which a function writes, line by line."""
    out = pad(array, widths)
    for axis, width in enumerate(widths):
        lines = xp.moveaxis(out, axis, -1)
        for place in bare.ndindex(lines.shape[:-1]):
            function(lines[(*place, ...)], width, axis, kwargs)
    return out
