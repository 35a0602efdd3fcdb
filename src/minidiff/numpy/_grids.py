"""Grids and the indices of their places; `mgrid`, `ogrid`, `r_` and `c_`."""

from __future__ import annotations

import operator
from typing import Any

import numpy as bare

from .. import array_api as xp
from ..core.tensor import Tensor
from ._axes import as_shape, normalize_axis
from ._dtypes import alike, dtype_for, is_bool
from ._indexing import nonzero
from ._inputs import indices_of, tensors
from ._joining import concatenate
from ._manipulation import ravel
from ._ranges import arange, linspace

__all__ = [
    "c_",
    "diag_indices",
    "indices",
    "ix_",
    "meshgrid",
    "mgrid",
    "ogrid",
    "r_",
    "s_",
    "tril_indices",
    "triu_indices",
]

# NumPy's own: it makes keys, not arrays.
s_ = bare.s_


def meshgrid(
    *xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy"
) -> tuple[Tensor, ...]:
    """The coordinates of a grid, from those along its axes."""
    if not xi:
        return ()
    parts = [ravel(one) for one in tensors(*xi)]
    if not sparse and copy:
        return xp.meshgrid(*parts, indexing=indexing)  # type: ignore[arg-type]  # it checks the word
    order = list(range(len(parts)))
    if indexing == "xy" and len(parts) > 1:
        order[:2] = [1, 0]
    out = []
    for i, part in enumerate(parts):
        sides = [1] * len(parts)
        sides[order.index(i)] = -1
        out.append(xp.reshape(part, tuple(sides)))
    return tuple(out) if sparse else xp.broadcast_arrays(*out)


def ix_(*args: Any) -> tuple[Tensor, ...]:
    """Vectors of indices shaped so that together they mean all combinations."""
    out = []
    for place, given in enumerate(args):
        one = indices_of(given, args)
        if one.ndim != 1:
            raise ValueError(f"ix_ takes vectors, and the shape of one is {one.shape}")
        one = nonzero(one)[0] if is_bool(one) else one
        sides = [1] * len(args)
        sides[place] = one.shape[0]
        out.append(xp.reshape(one, tuple(sides)))
    return tuple(out)


def indices(dimensions: Any, dtype: Any = int, sparse: bool = False) -> Any:
    """The index along each axis of every place of a shape; a tuple that broadcasts, if sparse."""
    sides = [arange(side, dtype=dtype) for side in as_shape(dimensions)]
    grids = meshgrid(*sides, indexing="ij", sparse=sparse)
    if sparse:
        return grids
    return xp.stack(list(grids)) if grids else xp.zeros((0,), dtype=dtype_for(dtype, None))


def diag_indices(n: Any, ndim: Any = 2) -> tuple[Tensor, ...]:
    """The indices of a diagonal."""
    return (xp.arange(operator.index(n)),) * operator.index(ndim)


def tril_indices(n: Any, k: Any = 0, m: Any = None) -> tuple[Tensor, ...]:
    """The indices of the lower triangle of an n × m matrix."""
    return xp.nonzero(xp.tril(xp.ones(as_shape((n, n if m is None else m))), k=operator.index(k)))


def triu_indices(n: Any, k: Any = 0, m: Any = None) -> tuple[Tensor, ...]:
    """The indices of the upper triangle of an n × m matrix."""
    return xp.nonzero(xp.triu(xp.ones(as_shape((n, n if m is None else m))), k=operator.index(k)))


# ---- what is indexed instead of called


class Grid:
    """`mgrid[0:3, 0:1:5j]`: the coordinates of a grid, as `meshgrid` gives them."""

    def __init__(self, sparse: bool):
        self._sparse = sparse

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, tuple):
            return _stretch(key)
        lines = alike(*[_stretch(one) for one in key])
        grids = meshgrid(*lines, indexing="ij", sparse=self._sparse)
        return grids if self._sparse else xp.stack(list(grids))


class Concatenation:
    """`r_[1:4, x, 0]`: slices, arrays and numbers one after another; `c_`: as columns.

    A first entry 'axis,ndim,place' says along which axis, with how many axes at least, and at which
    of those the axes that an entry has begin. Arrays keep their history.
    """

    def __init__(self, axis: int, ndim: int, place: int):
        self._axis, self._ndim, self._place = axis, ndim, place

    def __getitem__(self, key: Any) -> Tensor:
        parts = list(key) if isinstance(key, tuple) else [key]
        axis, ndim, place = self._axis, self._ndim, self._place
        as_row = ""
        if parts and isinstance(parts[0], str):
            word = parts.pop(0)
            if word in ("r", "c"):
                axis, ndim, as_row = -1, 2, word
            else:
                numbers = [int(one) for one in word.split(",")]
                axis, ndim, place = (*numbers, *(axis, ndim, place)[len(numbers) :])
        parts = [_stretch(one) if isinstance(one, slice) else one for one in parts]
        made = [_with_axes(one, ndim, place) for one in alike(*parts)]
        out = concatenate(made, normalize_axis(axis, made[0].ndim) if made else axis)
        return xp.matrix_transpose(out) if as_row == "c" else out


def _stretch(one: slice) -> Tensor:
    start, stop, step = one.start or 0, one.stop, one.step or 1
    if isinstance(step, complex):
        return linspace(start, stop, int(abs(step)))
    return arange(start, stop, step)


def _with_axes(x: Tensor, ndim: int, place: int) -> Tensor:
    """With so many axes at least; its own begin at a place among them, or end there if negative."""
    wanted = max(ndim, 1)
    missing = wanted - x.ndim
    if missing <= 0:
        return x
    first = place if place >= 0 else missing + 1 + place
    first = min(max(first, 0), missing)
    return xp.reshape(x, (1,) * first + x.shape + (1,) * (missing - first))


mgrid, ogrid = Grid(sparse=False), Grid(sparse=True)
r_ = Concatenation(0, 1, -1)
c_ = Concatenation(-1, 2, 0)
