"""Functions element by element, with what NumPy's ufuncs have: keywords, and methods.

`np.add(a, b, out=c)`, `np.divide(a, b, where=b > 0)`, `np.subtract.outer(x, y)`,
`np.maximum.accumulate(x)`, `np.add.at(x, i, 1.0)`. Each method is made of the function itself, so
that it is differentiable wherever the function is.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial, update_wrapper
from functools import reduce as folded
from itertools import pairwise
from typing import Any, Protocol

import numpy as bare

from .. import array_api as xp
from ..backends import SCALARS
from ..core.tensor import Tensor
from ._axes import axes_of, flat_if_none
from ._dtypes import as_dtype, cast, dtype_for, is_bool, taken
from ._inputs import first_tensor, indices_of, into, namespace, tensor, values_of
from ._writing import write_at

__all__ = ["Ufunc", "accepted", "ufunc"]

Function = Callable[..., Any]


class Ufunc(Protocol):
    """What `ufunc` makes: a function with the attributes that NumPy's have."""

    __name__: str
    nin: int
    nout: int
    identity: Any
    quick: dict[str, Function]
    accumulate: Function
    at: Function
    outer: Function
    reduce: Function
    reduceat: Function

    def __call__(self, *values: Any, **keywords: Any) -> Any: ...


def ufunc(function: Function, *, nout: int = 1, **quick: Function) -> Ufunc:
    """A function of one or two arrays of the table, for whatever NumPy accepts.

    `quick` are functions that do what a method does at less cost, by its name: add's `reduce=sum`.
    """
    nin = len(inspect.signature(function).parameters)

    def call(*values: Any, **keywords: Any) -> Any:
        if len(values) > nin:
            return with_keywords(function, nout, values[:nin], values[nin:], **keywords)
        if keywords:
            return with_keywords(function, nout, values, **keywords)
        for value in values:
            if type(value) is not Tensor:
                return function(*accepted(values))
        return function(*values)

    made: Any = update_wrapper(call, function)
    made.__signature__ = signature_with_keywords(function)
    made.nin, made.nout, made.quick = nin, nout, quick
    made.identity = getattr(getattr(bare, function.__name__, None), "identity", None)
    for method in (accumulate, at, outer, reduce, reduceat):
        setattr(made, method.__name__, partial(method, made))
    found: Ufunc = made
    return found


def accepted(values: tuple[Any, ...]) -> list[Any]:
    """Arguments that the table takes: one Tensor at least, and Python's numbers beside it.

    How those promote the table knows; a Tensor made of one would have a dtype of its own.
    """
    if first_tensor(*values) is None:
        chosen = next((i for i, one in enumerate(values) if type(one) not in SCALARS), 0)
        values = (*values[:chosen], tensor(values[chosen]), *values[chosen + 1 :])
    return [one if type(one) in (Tensor, *SCALARS) else tensor(one, values) for one in values]


# ---- keywords


def with_keywords(
    function: Function,
    nout: int,
    values: tuple[Any, ...],
    out: Any = None,
    *,
    where: Any = True,
    casting: str = "same_kind",
    order: str = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Any:
    """A call with the keywords of ufuncs; `order` and `subok` change nothing.

    Where `where` does not hold, the result is that of `out`, and 0 without one (NumPy's is not
    defined there). Nothing is computed there: so nothing is divided by 0, in the gradient either.
    """
    given = accepted(values)
    space = namespace(*given)
    kind = dtype_for(dtype, first_tensor(*given))
    if dtype is not None and not space.isdtype(kind, "bool"):  # which is for what comes out
        given = [taken(one, given, dtype, casting) for one in given]
    mask = None if where is True else tensor(where, given)
    if mask is not None:
        given = [masked(mask, tensor(one, given), 1) for one in given]
    results = function(*given)
    results = results if nout > 1 else (results,)
    outs = out if type(out) is tuple else (out,) * nout
    made = [
        delivered(cast(result, dtype, "unsafe"), mask, place, casting)
        for result, place in zip(results, outs, strict=True)
    ]
    return tuple(made) if nout > 1 else made[0]


def masked(mask: Tensor, x: Tensor, other: int) -> Tensor:
    """The elements where a mask holds, and a number elsewhere."""
    return xp.where(mask, x, bool(other) if is_bool(x) else other)


def delivered(result: Tensor, mask: Tensor | None, out: Any, casting: str) -> Tensor:
    if type(out) is not Tensor:
        return into(out, result if mask is None else masked(mask, result, 0))
    result = xp.broadcast_to(result, out.shape)
    if mask is not None:
        result = xp.where(mask, result, as_dtype(out, result.dtype))
    return into(out, result, casting)


def signature_with_keywords(function: Function) -> inspect.Signature:
    own = inspect.signature(function)
    more = list(inspect.signature(with_keywords).parameters.values())[3:]
    return own.replace(parameters=[*own.parameters.values(), *more])


# ---- methods


def outer(f: Ufunc, A: Any, B: Any, /, **keywords: Any) -> Any:
    """The function of each element of one array with each of another."""
    one, other = tensor(A, B), tensor(B, A)
    return f(xp.reshape(one, one.shape + (1,) * other.ndim), other, **keywords)


def reduce(
    f: Ufunc,
    array: Any,
    axis: Any = 0,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Tensor:
    """The elements along an axis put together by the function, from the first one on."""
    options = {"dtype": dtype, "initial": initial}
    options = {name: one for name, one in options.items() if one is not None}
    quick = f.quick.get("reduce")
    if quick is not None and (
        not options or options.keys() <= {*inspect.signature(quick).parameters}
    ):
        return quick(array, axis, out=out, keepdims=keepdims, where=where, **options)
    a = cast(tensor(array), dtype, "unsafe")
    axes = axes_of(axis, a.ndim)
    if len(axes) > 1 and f.identity is None:
        raise ValueError(f"{f.__name__}.reduce: the order of elements matters; give one axis")
    mask = None if where is True else xp.broadcast_to(tensor(where, a), a.shape)
    parts = list(xp.unstack(axes_first(a, axes), axis=0))
    start = f.identity if initial is None else initial
    if initial is not None or mask is not None or not parts:
        if start is None:
            raise ValueError(f"{f.__name__}.reduce: there may be no element; give initial")
        shape = axes_first(a, axes).shape[1:]
        parts = [xp.broadcast_to(as_dtype(tensor(start, a), a.dtype), shape), *parts]
    if mask is None:
        total = folded(f, parts)
    else:
        total, holds = parts[0], axes_first(mask, axes)
        for i, part in enumerate(parts[1:]):
            total = xp.where(holds[i, ...], f(total, part), total)
    kept = tuple([1 if i in axes else side for i, side in enumerate(a.shape)])
    return into(out, xp.reshape(total, kept) if keepdims else total)


def axes_first(x: Tensor, axes: tuple[int, ...]) -> Tensor:
    """With some axes laid flat as the first one."""
    stay = [i for i in range(x.ndim) if i not in axes]
    return xp.reshape(xp.permute_dims(x, (*axes, *stay)), (-1, *[x.shape[i] for i in stay]))


def accumulate(f: Ufunc, array: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Tensor:
    """What `reduce` has put together at each place along an axis."""
    if "accumulate" in f.quick:
        return f.quick["accumulate"](array, axis, dtype, out)
    a, axis = flat_if_none(cast(tensor(array), dtype, "unsafe"), axis)
    totals: list[Tensor] = []
    for part in xp.unstack(a, axis=axis):
        totals.append(f(totals[-1], part) if totals else part)
    return into(out, xp.stack(totals, axis=axis) if totals else a)


def reduceat(
    f: Ufunc, array: Any, indices: Any, axis: int = 0, dtype: Any = None, out: Any = None
) -> Tensor:
    """`reduce` of each stretch from one index to the next, the last one's to the end.

    Where the next index is not larger, it is the element there alone.
    """
    a, axis = flat_if_none(tensor(array), axis)
    before = (slice(None),) * axis
    ends = [*values_of(indices_of(indices), "reduceat").tolist(), a.shape[axis]]
    stretches = [slice(i, j if i < j else i + 1) for i, j in pairwise(ends)]
    parts = [f.reduce(a[(*before, one, ...)], axis, dtype) for one in stretches]
    return into(out, xp.stack(parts, axis=axis))


def at(f: Ufunc, a: Tensor, indices: Any, b: Any = None, /) -> None:
    """`a[indices] = f(a[indices], b)` in place, one after another where a place comes twice."""
    if type(a) is not Tensor:
        raise TypeError(f"{f.__name__}.at writes into a Tensor, not {type(a).__name__}")
    if "at" in f.quick:
        f.quick["at"](a, indices, b)
        return
    places = bare.arange(a.size).reshape(a.shape)[as_key(indices)]
    flat = places.reshape(-1)
    weak = b is None or type(b) in SCALARS
    values = None if weak else xp.reshape(xp.broadcast_to(tensor(b, a), places.shape), (-1,))
    for round in occurrences(flat):
        key = tuple([tensor(one, a) for one in bare.unravel_index(flat[round], a.shape)])
        beside = b if values is None else xp.take(values, tensor(round, a))
        result = f(a[key]) if b is None else f(a[key], beside)
        write_at(a, key, cast(result, a.dtype))


def as_key(indices: Any) -> Any:
    """A key for NumPy's arrays: the values of Tensors, in tuples too."""
    if type(indices) is tuple:
        return tuple([as_key(one) for one in indices])
    return values_of(indices, "at") if type(indices) is Tensor else indices


def occurrences(places: Any) -> list[Any]:
    """Where each place comes for the first time, where for the second time, and so on."""
    order = bare.argsort(places, kind="stable")
    ordered = places[order]
    rank = bare.empty_like(order)
    rank[order] = bare.arange(len(order)) - bare.searchsorted(ordered, ordered)
    return [bare.nonzero(rank == i)[0] for i in range(rank.max(initial=-1) + 1)]
