"""A function of a tensor on many rows: what whole Jacobians are made of."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from .batching import vmap
from .core.tensor import Tensor

# For fewer a loop is quicker, and it needs nothing of the functions.
FEW = 3


def for_each(rows: Tensor, function: Callable[[Tensor], list[Tensor]]) -> list[Tensor]:
    """What a function gives for each of some rows, stacked: by `vmap`, where there are many."""
    count, xp = rows.shape[0], rows._backend.tensors
    if count > FEW:
        return vmap(function)(rows)  # type: ignore[no-any-return]  # a list, as the function's result
    if count == 0:
        like = function(xp.zeros(rows.shape[1:], dtype=rows.dtype, device=rows.device))
        return [one._backend.tensors.stack([one])[:0, ...] for one in like]
    parts = zip(*[function(rows[i, ...]) for i in range(count)], strict=True)
    return [one[0]._backend.tensors.stack(list(one)) for one in parts]


def elements(tensors: Sequence[Tensor]) -> int:
    return sum(one.size for one in tensors)


def basis(x: Tensor) -> Tensor:
    """The tensors of the shape of x that are 1 at one place and 0 elsewhere, along a first axis."""
    xp, size = x._backend.tensors, math.prod(x.shape)
    return shaped(xp.eye(size, dtype=x.dtype, device=x.device), (size, *x.shape))


def shaped(x: Tensor, shape: tuple[int, ...]) -> Tensor:
    out: Tensor = x._backend.tensors.reshape(x, shape)
    return out
