"""How often numbers occur: `bincount`, `digitize`, `histogram`."""

from __future__ import annotations

import operator
from typing import Any

import numpy as bare

from .. import array_api as xp
from ..array_api._helpers import anywhere
from ..core.tensor import Tensor
from ._dtypes import alike, doubles
from ._inputs import is_floating, namespace, numbers_of, tensor, values_of
from ._manipulation import ravel
from ._sorting import searchsorted

__all__ = ["bincount", "digitize", "histogram"]


def bincount(x: Any, /, weights: Any = None, minlength: Any = 0) -> Tensor:
    """How often each number from 0 on occurs, or the sum of weights there."""
    x = numbers_of(x, weights)
    least = operator.index(minlength)
    if is_floating(x):
        raise TypeError(f"bincount counts integers, not {x.dtype}")
    if x.ndim != 1:
        raise ValueError(f"bincount takes a vector, and the shape is {x.shape}")
    if least < 0 or (x.size and anywhere(xp, x < 0)):
        raise ValueError("bincount counts from 0 on: no number is negative, nor is minlength")
    count = max(int(values_of(xp.max(x), "bincount")) + 1 if x.size else 0, least)
    if weights is None:
        space = namespace(x)
        weights = space.ones(x.shape, dtype=space.int64, device=x.device)
    else:
        weights = doubles(weights, like=x)
    return _sums(x, weights, count, "bincount")


def _sums(places: Tensor, weights: Tensor, count: int, where: str) -> Tensor:
    if weights.shape != places.shape:
        raise ValueError(
            f"{where}: the weights have the shape {weights.shape}, and the numbers {places.shape}"
        )
    return weights._backend.tensors.scatter_add(weights, places, (count,))


def digitize(x: Any, bins: Any, right: bool = False) -> Tensor:
    """In which of increasing (or decreasing) bins each value lies."""
    x, bins = alike(x, bins)
    side = "left" if right else "right"
    if not anywhere(xp, bins[1:] < bins[:-1]):
        return searchsorted(bins, x, side)
    if anywhere(xp, bins[1:] > bins[:-1]):
        raise ValueError("digitize: bins go up or down, and these do both")
    return bins.shape[0] - searchsorted(xp.flip(bins), x, side)


def histogram(
    a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> Any:
    """How many values lie in each bin (or the sum of their weights), and the edges of the bins.

    `bins` is a number, the edges, or the name of a rule; `density` makes the area 1. The edges are
    constants; the sums are differentiable in the weights.
    """
    a = tensor(a, weights)
    weights = None if weights is None else tensor(weights, a)
    heavy = None if weights is None else values_of(weights, "histogram")
    if type(bins) is Tensor:
        bins = operator.index(bins) if bins.ndim == 0 else values_of(bins, "histogram")
    edges = tensor(bare.histogram_bin_edges(values_of(a, "histogram"), bins, range, heavy), a)
    data, sides = alike(ravel(a).detach(), edges)
    inside = xp.logical_and(data >= sides[0], data <= sides[-1])
    place = xp.minimum(searchsorted(sides, data[inside], "right") - 1, edges.shape[0] - 2)
    space = namespace(a)
    if weights is None:
        weights = space.ones(place.shape, dtype=space.int64, device=a.device)
    else:
        weights = ravel(weights)[inside]
    counts = _sums(place, weights, edges.shape[0] - 1, "histogram")
    if not density:
        return counts, edges
    counts, widths = alike(counts, doubles(edges[1:] - edges[:-1]))
    return counts / widths / xp.sum(counts), edges
