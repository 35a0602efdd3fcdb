"""Order, sets and counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import array_api as xp
from ..core.tensor import Tensor
from ._inputs import namespace, tensor, tensors
from ._manipulation import ravel


def sort(
    a: Any,
    axis: int | None = -1,
    kind: str | None = None,
    *,
    descending: bool = False,
    stable: bool | None = None,
) -> Tensor:
    """In order along an axis; all elements, if None. `kind` changes nothing: the sort is stable."""
    a, axis = _flat_if_none(a, axis)
    return xp.sort(a, axis=axis, descending=descending)


def argsort(
    a: Any,
    axis: int | None = -1,
    kind: str | None = None,
    *,
    descending: bool = False,
    stable: bool | None = None,
) -> Tensor:
    """The places of the elements in order along an axis."""
    a, axis = _flat_if_none(a, axis)
    return xp.argsort(a, axis=axis, descending=descending)


def _flat_if_none(a: Any, axis: int | None) -> tuple[Tensor, int]:
    a = tensor(a)
    return (ravel(a), 0) if axis is None else (a, axis)


def partition(a: Any, kth: Any, axis: int | None = -1) -> Tensor:
    """With the kth smallest at its place and no larger ones before it: here, all in order."""
    return sort(a, axis)


def argpartition(a: Any, kth: Any, axis: int | None = -1) -> Tensor:
    """The places for `partition`."""
    return argsort(a, axis)


def lexsort(keys: Sequence[Any], axis: int = -1) -> Tensor:
    """The places in order of the last key, equal ones in order of the key before it, and so on."""
    parts = tensors(*keys)
    order = xp.argsort(parts[0], axis=axis)
    for part in parts[1:]:
        again = xp.argsort(xp.take_along_axis(part, order, axis=axis), axis=axis)
        order = xp.take_along_axis(order, again, axis=axis)
    return order


def unique(
    ar: Any, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False
) -> Any:
    """The values that occur, in order; the gradient goes to the first occurrence of each.

    On request also where they occur first, which of them each element is, and how often they occur.
    """
    ar = tensor(ar)
    found = xp.unique_all(ar)
    order = xp.argsort(found.values)  # the standard does not promise one
    out = [xp.take(found.values, order)]
    if return_index:
        out.append(xp.take(found.indices, order))
    if return_inverse:
        out.append(xp.reshape(xp.take(xp.argsort(order), ravel(found.inverse_indices)), ar.shape))
    if return_counts:
        out.append(xp.take(found.counts, order))
    return tuple(out) if len(out) > 1 else out[0]


def searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> Tensor:
    """Where values would have to be inserted to keep a vector in order."""
    a, v = tensors(a, v)
    dtype = xp.result_type(a, v)
    a, v = xp.astype(a, dtype), xp.astype(v, dtype)
    sorter = None if sorter is None else tensor(sorter, a)
    return xp.searchsorted(a, v, side=side, sorter=sorter)  # type: ignore[arg-type]  # it checks the word


def bincount(x: Any, weights: Any = None, minlength: int = 0) -> Tensor:
    """How often each number from 0 on occurs, or the sum of weights there."""
    x = ravel(tensor(x, weights))
    count = max(int(xp.max(x)) + 1 if x.size else 0, minlength)
    here = namespace(x)
    if weights is None:
        weights = here.ones(x.shape, dtype=xp.int64, device=x.device)
    else:
        weights = ravel(tensor(weights, x)) * 1.0
    return weights._backend.tensors.scatter_add(weights, x, (count,))


def digitize(x: Any, bins: Any, right: bool = False) -> Tensor:
    """In which of increasing bins each value lies."""
    return searchsorted(bins, x, "left" if right else "right")


def histogram(a: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> Any:
    """How many values lie in each bin (or the sum of their weights), and the edges of the bins.

    The edges are constants; the sums are differentiable in the weights.
    """
    from ._creation import linspace

    a = ravel(tensor(a)).detach() * 1.0
    if isinstance(bins, int):
        low, high = (float(xp.min(a)), float(xp.max(a))) if range is None else range
        edges = linspace(low, high if high > low else low + 1.0, bins + 1)
    else:
        edges = tensor(bins, a)
    inside = xp.logical_and(a >= edges[0], a <= edges[-1])
    place = searchsorted(edges, a[inside], side="right") - 1
    place = xp.minimum(place, xp.full_like(place, edges.shape[0] - 2))
    if weights is not None:
        weights = ravel(tensor(weights, a))[inside]
    return bincount(place, weights, edges.shape[0] - 1), edges
