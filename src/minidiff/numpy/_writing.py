"""Writing at places, in place."""

from __future__ import annotations

from typing import Any

import numpy as bare

from .. import array_api as xp
from ..core.tensor import Tensor
from ._axes import normalize_axis
from ._dtypes import as_dtype, taken
from ._indexing import unravel_index, within
from ._inputs import indices_of, namespace, tensor

__all__ = [
    "copyto",
    "cycled",
    "fill_diagonal",
    "index_add",
    "place",
    "put",
    "put_along_axis",
    "putmask",
    "write_at",
]


def write_at(arr: Tensor, key: tuple[Tensor, ...], values: Tensor) -> None:
    """arr[key] = values at indices for each axis; where a place comes twice, the last one wins."""
    try:
        arr[key] = values
    except IndexError:
        # A library that writes at masks alone, as the standard asks: so by a mask.
        by_mask(arr, key, values)


def by_mask(arr: Tensor, key: tuple[Tensor, ...], values: Tensor) -> None:
    places: Any = 0
    for one, side in zip(key, arr.shape, strict=True):
        places = places * side + within("x[k] = v", one, side, negative=True)
    values = xp.reshape(xp.broadcast_to(values, places.shape), (-1,))
    places = xp.reshape(places, (-1,))
    every = namespace(arr).arange(arr.size, device=arr.device)
    mask = xp.isin(every, places)
    # Of those that are equal the sort, which is stable, puts the last one last.
    order = xp.argsort(places, stable=True)
    last = xp.searchsorted(xp.take(places, order), every[mask], side="right") - 1
    arr[xp.reshape(mask, arr.shape)] = xp.take(values, xp.take(order, last))


def lines_at(arr: Tensor, indices: Tensor, axis: int) -> tuple[Tensor, ...]:
    """The key of `take_along_axis`: indices along one axis, ranges along the others."""
    space = namespace(arr)
    key: list[Tensor] = []
    for i, side in enumerate(arr.shape):
        if i == axis:
            key.append(indices)
        else:
            sides = tuple([-1 if j == i else 1 for j in range(arr.ndim)])
            key.append(xp.reshape(space.arange(side, device=arr.device), sides))
    return tuple(key)


def put_along_axis(arr: Tensor, indices: Any, values: Any, axis: int | None) -> None:
    """Write values at indices that differ from line to line, in place."""
    written(arr, "put_along_axis")
    indices = indices_of(indices, arr)
    axes = 1 if axis is None else arr.ndim
    if indices.ndim != axes:
        raise ValueError(f"put_along_axis: indices have {axes} axes here, not {indices.ndim}")
    if axis is None:
        key = unravel_index(within("put_along_axis", indices, arr.size, negative=True), arr.shape)
    else:
        key = lines_at(arr, indices, normalize_axis(axis, arr.ndim))
    write_at(arr, key, as_dtype(tensor(values, arr), arr.dtype))


def put(a: Tensor, ind: Any, v: Any, mode: str = "raise") -> None:
    """Write values at flat indices, from the first one again where there are fewer, in place."""
    written(a, "put")
    places = xp.reshape(indices_of(ind, a), (-1,))
    if places.size and tensor(v, a).size:
        key = unravel_index(within("put", places, a.size, mode, negative=True), a.shape)
        write_at(a, key, cycled(v, places.size, a))


def cycled(values: Any, count: int, like: Tensor) -> Tensor:
    """So many values, from the first one again where there are fewer, in an array's dtype."""
    flat = as_dtype(xp.reshape(tensor(values, like), (-1,)), like.dtype)
    if not flat.size:
        raise ValueError("there is nothing to write: the values are an empty array")
    return xp.tile(flat, (-(-count // flat.size),))[:count]


def place(arr: Tensor, mask: Any, vals: Any) -> None:
    """Write values where a mask holds, one after another and from the start again, in place."""
    written(arr, "place")
    mask = as_dtype(tensor(mask, arr), namespace(arr).bool)
    count = int(xp.count_nonzero(mask))
    if count:
        arr[mask] = cycled(vals, count, arr)


def putmask(a: Tensor, /, mask: Any, values: Any) -> None:
    """Write the values at the same places where a mask holds, in place."""
    written(a, "putmask")
    mask = as_dtype(tensor(mask, a), namespace(a).bool)
    if a.size:
        a[mask] = xp.reshape(cycled(values, a.size, a), a.shape)[mask]


def fill_diagonal(a: Tensor, val: Any, wrap: bool = False) -> None:
    """Write values along the diagonal, in place; `wrap` starts again below it in tall matrices."""
    written(a, "fill_diagonal")
    if a.ndim < 2 or (a.ndim > 2 and len(set(a.shape)) > 1):
        raise ValueError(
            f"fill_diagonal: a matrix, or an array of equal sides, has one; the shape is {a.shape}"
        )
    step = sum([int(bare.prod(a.shape[i:])) for i in range(1, a.ndim + 1)])
    end = a.size if wrap or a.ndim > 2 else a.shape[1] ** 2
    places = namespace(a).arange(a.size, device=a.device)
    mask = xp.reshape((places % step == 0) & (places < end), a.shape)
    count = len(range(0, min(end, a.size), step))
    if count:
        a[mask] = cycled(val, count, a)


def copyto(dst: Tensor, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    """Write one array over another, in place; where a mask holds, if one is given."""
    written(dst, "copyto")
    src = taken(src, dst, dst.dtype, casting)
    if where is True:
        dst[...] = src
    else:
        mask = xp.broadcast_to(tensor(where, dst), dst.shape)
        dst[mask] = xp.broadcast_to(src, dst.shape)[mask]


def index_add(a: Tensor, indices: Any, b: Any) -> None:
    """a[indices] += b in place, the values at repeated places summed."""
    written(a, "index_add")
    key = tuple([_key(one, a) for one in (indices if type(indices) is tuple else (indices,))])
    part = a[key]
    b = xp.broadcast_to(taken(b, a, a.dtype), part.shape)
    a += a._backend.tensors.scatter_add(b, key if len(key) > 1 else key[0], a.shape)


def _key(value: Any, like: Tensor) -> Any:
    return indices_of(value, like) if isinstance(value, list | bare.ndarray) else value


def written(arr: Any, where: str) -> None:
    """An array could be changed, but what is written into it would have no history."""
    if type(arr) is not Tensor:
        raise TypeError(f"{where} writes into a Tensor, and {type(arr).__name__} was given")
