"""Reading and writing at places."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as bare

from .. import array_api as xp
from ..core.tensor import Tensor
from ._inputs import namespace, tensor, tensors
from ._manipulation import ravel

MISSING: Any = object()


def getitem(x: Any, key: Any) -> Tensor:
    """x[key]."""
    out: Tensor = tensor(x)[key]
    return out


def take(a: Any, indices: Any, axis: int | None = None) -> Tensor:
    """The elements at indices of any shape along an axis; of all in order, if None."""
    a, indices = tensors(a, indices)
    if axis is None:
        a, axis = ravel(a), 0
    return a[(*(slice(None),) * (axis % a.ndim), indices)]


def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Tensor:
    """The elements at indices that differ from line to line."""
    arr, indices = tensors(arr, indices)
    if axis is None:
        arr, axis = ravel(arr), 0
    return xp.take_along_axis(arr, indices, axis=axis)


def put_along_axis(arr: Tensor, indices: Any, values: Any, axis: int | None) -> None:
    """Write values at indices that differ from line to line, in place."""
    indices = tensor(indices, arr)
    if axis is None:
        ravel(arr)[indices] = values
        return
    arr[_lines(arr, indices, axis)] = values


def _lines(arr: Tensor, indices: Tensor, axis: int) -> tuple[Any, ...]:
    """The key of `take_along_axis`: indices along one axis, ranges along the others."""
    xp_here = namespace(arr)
    key: list[Any] = []
    for i, side in enumerate(arr.shape):
        if i == axis % arr.ndim:
            key.append(indices)
        else:
            sides = [1] * arr.ndim
            sides[i] = -1
            key.append(xp_here.reshape(xp_here.arange(side, device=arr.device), tuple(sides)))
    return tuple(key)


def index_add(a: Tensor, indices: Any, b: Any) -> None:
    """a[indices] += b in place, the values at repeated places summed."""
    if type(a) is not Tensor:
        raise TypeError(f"index_add writes into a Tensor, and {type(a).__name__} was given")
    key = tuple([_key(one, a) for one in (indices if type(indices) is tuple else (indices,))])
    b = tensor(b, a)
    part = a[key]
    b = xp.astype(xp.broadcast_to(b, part.shape), a.dtype)
    a += a._backend.tensors.scatter_add(b, key if len(key) > 1 else key[0], a.shape)


def _key(value: Any, like: Tensor) -> Any:
    return tensor(value, like) if isinstance(value, list | bare.ndarray) else value


def where(condition: Any, x: Any = MISSING, y: Any = MISSING, /) -> Any:
    """X where a condition holds, y elsewhere; the indices where it does, if they are not given."""
    if x is MISSING and y is MISSING:
        return nonzero(condition)
    if x is MISSING or y is MISSING:
        raise ValueError("where: give both x and y, or neither")
    condition = tensor(condition, [x, y])
    if not str(condition.dtype).endswith("bool"):
        condition = xp.not_equal(condition, 0)
    values: list[Any] = [
        v if isinstance(v, int | float | complex) else tensor(v, [condition]) for v in (x, y)
    ]
    if not any(type(v) is Tensor for v in values):
        values = tensors(*values)
        dtype = xp.result_type(*values)
        values = [xp.astype(v, dtype) for v in values]
    return xp.where(condition, *values)


def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Tensor:
    """The first choice whose condition holds, element by element."""
    if len(condlist) != len(choicelist) or not condlist:
        raise ValueError(
            f"select: {len(condlist)} conditions need as many choices, not {len(choicelist)}"
        )
    out: Any = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        out = where(condition, choice, out)
    return out


def piecewise(x: Any, condlist: Any, funclist: Sequence[Any], *args: Any, **kw: Any) -> Tensor:
    """A function (or a number) for each condition; one more is for where none holds.

    Every function is called on the elements for which its condition holds, and on no others.
    """
    x = tensor(x)
    conditions = [tensor(one, x) for one in _conditions(condlist)]
    functions = list(funclist)
    if len(functions) == len(conditions) + 1:
        none = conditions[0]
        for condition in conditions[1:]:
            none = xp.logical_or(none, condition)
        conditions.append(xp.logical_not(none))
    if len(functions) != len(conditions):
        raise ValueError(
            f"piecewise: {len(conditions)} conditions need as many functions or one more, not "
            f"{len(functions)}"
        )
    out = xp.zeros_like(x)
    for condition, function in zip(conditions, functions, strict=True):
        part = function(x[condition], *args, **kw) if callable(function) else function
        out[condition] = part
    return out


def _conditions(condlist: Any) -> list[Any]:
    first = condlist[0]
    several = isinstance(first, list | tuple) or getattr(first, "ndim", 0) > 0
    return list(condlist) if several else [condlist]


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


def unravel_index(indices: Any, shape: Any) -> tuple[Tensor, ...]:
    """Flat indices as indices for each axis of a shape."""
    flat = tensor(indices)
    sides = (shape,) if isinstance(shape, int) else tuple(shape)
    out = []
    for side in reversed(sides):
        out.append(flat % side)
        flat = flat // side
    return tuple(reversed(out))


def ravel_multi_index(multi_index: Any, dims: Sequence[int]) -> Tensor:
    """Indices for each axis of a shape as flat indices."""
    parts = tensors(*multi_index)
    out = parts[0]
    for part, side in zip(parts[1:], dims[1:], strict=True):
        out = out * side + part
    return out


def ix_(*args: Any) -> tuple[Tensor, ...]:
    """Vectors of indices shaped so that together they mean all combinations."""
    out = []
    for place, one in enumerate(tensors(*args)):
        one = nonzero(one)[0] if str(one.dtype).endswith("bool") else one
        sides = [1] * len(args)
        sides[place] = one.shape[0]
        out.append(xp.reshape(one, tuple(sides)))
    return tuple(out)


def indices(dimensions: Sequence[int]) -> Tensor:
    """The index along each axis of every place of a shape."""
    grids = xp.meshgrid(*[xp.arange(side) for side in dimensions], indexing="ij")
    return xp.stack(list(grids))


def diag_indices(n: int, ndim: int = 2) -> tuple[Tensor, ...]:
    """The indices of a diagonal."""
    return (xp.arange(n),) * ndim


def tril_indices(n: int, k: int = 0, m: int | None = None) -> tuple[Tensor, ...]:
    """The indices of the lower triangle of an n × m matrix."""
    return xp.nonzero(xp.tril(xp.ones((n, n if m is None else m)), k=k))


def triu_indices(n: int, k: int = 0, m: int | None = None) -> tuple[Tensor, ...]:
    """The indices of the upper triangle of an n × m matrix."""
    return xp.nonzero(xp.triu(xp.ones((n, n if m is None else m)), k=k))


# ---- choosing and writing


def compress(condition: Any, a: Any, axis: int | None = None) -> Tensor:
    """The slices along an axis for which a condition holds."""
    a, condition = tensors(a, condition)
    if axis is None:
        a, axis = ravel(a), 0
    return take(a, flatnonzero(condition), axis)


def extract(condition: Any, arr: Any) -> Tensor:
    """The elements for which a condition holds."""
    return compress(ravel(condition), ravel(arr))


def choose(a: Any, choices: Sequence[Any]) -> Tensor:
    """Of several arrays the element of that one whose number stands in `a`."""
    a = tensor(a, choices)
    parts = xp.broadcast_arrays(a, *tensors(*choices))
    return select([parts[0] == i for i in range(len(choices))], parts[1:])


def fill_diagonal(a: Tensor, val: Any) -> None:
    """Write a value along the diagonal, in place."""
    places = xp.arange(min(a.shape))
    a[(places,) * a.ndim] = val


def place(arr: Tensor, mask: Any, vals: Any) -> None:
    """Write values where a mask holds, one after another and from the start again, in place."""
    mask, values = tensor(mask, arr), ravel(tensor(vals, arr))
    count = int(xp.count_nonzero(mask))
    if count:
        times = math.ceil(count / values.shape[0])
        arr[mask] = xp.tile(values, (times,))[:count]


def putmask(a: Tensor, mask: Any, values: Any) -> None:
    """Write the values at the same places where a mask holds, in place."""
    values = tensor(values, a)
    mask = tensor(mask, a)
    if values.shape != a.shape:
        times = math.ceil(a.size / values.size)
        values = xp.reshape(xp.tile(ravel(values), (times,))[: a.size], a.shape)
    a[mask] = values[mask]


def copyto(dst: Tensor, src: Any, where: Any = True) -> None:
    """Write one array over another, in place; where a mask holds, if one is given."""
    src = tensor(src, dst)
    if where is True:
        dst[...] = src
    else:
        mask = xp.broadcast_to(tensor(where, dst), dst.shape)
        dst[mask] = xp.broadcast_to(src, dst.shape)[mask]


def apply_along_axis(func1d: Callable[..., Any], axis: int, arr: Any, *args: Any) -> Tensor:
    """A function of a vector on each line along an axis."""
    arr = xp.moveaxis(tensor(arr), axis, -1)
    sides = arr.shape[:-1]
    lines = xp.reshape(arr, (-1, arr.shape[-1]))
    outs = [tensor(func1d(lines[i, ...], *args)) for i in range(lines.shape[0])]
    out = xp.reshape(xp.stack(outs), (*sides, *outs[0].shape))
    new = tuple(range(len(sides), out.ndim))
    axis %= arr.ndim
    return xp.moveaxis(out, new, tuple(range(axis, axis + len(new))))
