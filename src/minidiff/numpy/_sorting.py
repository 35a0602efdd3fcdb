"""Order and sets."""

from __future__ import annotations

from typing import Any

import numpy as bare

from .. import array_api as xp
from ..array_api._results import UniqueAllResult, UniqueCountsResult, UniqueInverseResult
from ..core.tensor import Tensor
from ._axes import as_shape, flat_if_none, normalize_axis
from ._dtypes import alike
from ._inputs import tensor, tensors, values_of

__all__ = [
    "argpartition",
    "argsort",
    "lexsort",
    "partition",
    "searchsorted",
    "sort",
    "unique",
    "unique_all",
    "unique_counts",
    "unique_inverse",
    "unique_values",
]


def sort(
    a: Any,
    axis: Any = -1,
    kind: str | None = None,
    order: None = None,
    *,
    descending: bool = False,
    stable: bool | None = None,
) -> Tensor:
    """In order along an axis; all elements, if None. `kind` changes nothing: the sort is stable."""
    a, axis = _line("sort", a, axis, order)
    return xp.sort(a, axis=axis, descending=descending)


def argsort(
    a: Any,
    axis: Any = -1,
    kind: str | None = None,
    order: None = None,
    *,
    descending: bool = False,
    stable: bool | None = None,
) -> Tensor:
    """The places of the elements in order along an axis."""
    a, axis = _line("argsort", a, axis, order)
    return xp.argsort(a, axis=axis, descending=descending)


def _line(where: str, a: Any, axis: Any, order: None) -> tuple[Tensor, int]:
    if order is not None:
        raise ValueError(f"{where}: order names fields, and an array here has none")
    return flat_if_none(tensor(a), axis)


def partition(
    a: Any, kth: Any, axis: Any = -1, kind: str = "introselect", order: None = None
) -> Tensor:
    """With the kth smallest at its place and no larger ones before it: here, all in order."""
    a, axis = _line("partition", a, axis, order)
    _check_places("partition", kth, a.shape[axis])
    return xp.sort(a, axis=axis)


def argpartition(
    a: Any, kth: Any, axis: Any = -1, kind: str = "introselect", order: None = None
) -> Tensor:
    """The places for `partition`."""
    a, axis = _line("argpartition", a, axis, order)
    _check_places("argpartition", kth, a.shape[axis])
    return xp.argsort(a, axis=axis)


def _check_places(where: str, kth: Any, count: int) -> None:
    for one in as_shape(kth):
        if not -count <= one < count:
            raise ValueError(f"{where}: kth is {one}, and there are {count} elements")


def lexsort(keys: Any, axis: int = -1) -> Tensor:
    """The places in order of the last key, equal ones in order of the key before it, and so on."""
    parts = list(keys) if type(keys) is Tensor else tensors(*keys)
    axis = normalize_axis(axis, parts[0].ndim)
    order = xp.argsort(parts[0], axis=axis)
    for part in parts[1:]:
        again = xp.argsort(xp.take_along_axis(part, order, axis=axis), axis=axis)
        order = xp.take_along_axis(order, again, axis=axis)
    return order


def searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> Tensor:
    """Where values would have to be inserted to keep a vector in order."""
    a, v = alike(a, v)
    if a.ndim != 1:
        raise ValueError(f"searchsorted looks into a vector, and the shape is {a.shape}")
    sorter = None if sorter is None else tensor(sorter, a)
    return xp.searchsorted(a, v, side=side, sorter=sorter)  # type: ignore[arg-type]  # it checks the word


# ---- sets: the values are found by NumPy, and taken from the array where they are first


def unique(
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: Any = None,
    *,
    equal_nan: bool = True,
    sorted: bool = True,
) -> Any:
    """The values that occur (or the slices along an axis), in order.

    The gradient goes to the first occurrence of each. On request also where they occur first, which
    of them each element is, and how often they occur. It is in order also if not `sorted`.
    """
    ar = tensor(ar)
    axis = None if axis is None else normalize_axis(axis, ar.ndim)
    _, *found = bare.unique(values_of(ar, "unique"), True, True, True, axis, equal_nan=equal_nan)
    index, inverse, counts = [tensor(one, ar) for one in found]
    line, along = flat_if_none(ar, axis)
    out = [xp.take(line, index, axis=along)]
    if return_index:
        out.append(index)
    if return_inverse:
        out.append(inverse)
    if return_counts:
        out.append(counts)
    return tuple(out) if len(out) > 1 else out[0]


def unique_values(x: Any, /) -> Tensor:
    """The values that occur, in order; nan as often as it does."""
    return unique(x, equal_nan=False)


def unique_counts(x: Any, /) -> UniqueCountsResult:
    """The values that occur, and how often."""
    return UniqueCountsResult(*unique(x, return_counts=True, equal_nan=False))


def unique_inverse(x: Any, /) -> UniqueInverseResult:
    """The values that occur, and which of them each element is."""
    return UniqueInverseResult(*unique(x, return_inverse=True, equal_nan=False))


def unique_all(x: Any, /) -> UniqueAllResult:
    """The values that occur, where first, which of them each element is, and how often."""
    return UniqueAllResult(*unique(x, True, True, True, equal_nan=False))
