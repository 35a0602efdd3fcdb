"""Whole Jacobians: a pass back for each row, or a pass forward for each column, all at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ._calls import Call
from .batching import vmap
from .core.pullback import Pullback
from .core.tensor import Tensor
from .core.trees import leaves_of, tensors_of, with_tensors

# For no more rows than these a loop is quicker than `vmap`, and needs nothing of the functions. To
# walk back again is cheap; to evaluate again is not, and random numbers would come out others.
FEW = 3
FEW_EVALUATIONS = 1


Found = tuple[tuple[Any, Any], list[list[Tensor]]]
"""Value and aux of a call; for each result and input the Jacobian."""


def by_rows(call: Call, holomorphic: bool) -> Found:
    """By a pass back per element of the results."""
    return rows_of(call, call.recorded(), holomorphic)


def by_columns(call: Call, holomorphic: bool) -> Found:
    """By a pass forward per element of the inputs."""
    if not call.inputs:
        made, outs = call.pushed()
        checked_kind(outs, holomorphic)
        return made, [[] for _ in outs]
    made, columns = for_each(directions(call.inputs), call.pushed, FEW_EVALUATIONS)
    checked_kind(tensors_of(made[0]), holomorphic)
    blocks = []
    for column in columns:
        block, before = [], 0
        for x in call.inputs:
            after = before + x.size
            block.append(last(column[before:after, ...], x.shape))
            before = after
        blocks.append(block)
    return made, blocks


def by_fewer(call: Call, holomorphic: bool) -> Found:
    """By rows or by columns, whichever are fewer; by rows where a batch of columns will not do."""
    from .random import Draws  # and numpy.random, which the other transforms can do without

    draws = Draws(leaves_of((call.args, call.kwargs)))
    pull = call.recorded()
    if elements(call.inputs) < elements(pull.outs):
        del pull  # which frees the graph before forward mode begins
        try:
            with call.again(draws) as once_more:
                return by_columns(once_more, holomorphic)
        except (TypeError, ValueError):  # the function asks for values that a batch does not have
            with call.again(draws) as once_more:
                pull = once_more.recorded()
    return rows_of(call, pull, holomorphic)


WAYS = {"forward": by_columns, "reverse": by_rows, None: by_fewer}


def rows_of(call: Call, pull: Pullback, holomorphic: bool) -> Found:
    checked_kind(pull.outs, holomorphic)
    blocks = []
    for index, out in enumerate(pull.outs):
        _, rows = for_each([basis(out)], partial(pulled_row, pull, index), FEW)
        if holomorphic:  # a cotangent gives its product with the conjugate (docs/complex.md)
            rows = [row._backend.tensors.conj(row) for row in rows]
        blocks.append(
            [shaped(row, out.shape + x.shape) for row, x in zip(rows, call.inputs, strict=True)]
        )
    return (pull.value, pull.aux), blocks


def pulled_row(pull: Pullback, index: int, row: Tensor) -> tuple[None, list[Tensor]]:
    return None, pull([row if i == index else None for i in range(len(pull.outs))])


def last(columns: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Columns along a first axis as the last axes, of that shape."""
    moved = columns._backend.tensors.moveaxis(columns, 0, -1)
    return shaped(moved, moved.shape[:-1] + shape)


def for_each(
    rows: Sequence[Tensor], function: Callable[..., tuple[Any, list[Tensor]]], few: int
) -> tuple[Any, list[Tensor]]:
    """What a function gives for each of some rows, stacked: by `vmap`, if there are many.

    A row is an element of each of `rows`. With what differs from row to row the function returns
    something that does not; that comes back once.
    """
    count = rows[0].shape[0]
    if count > few:
        once: list[Any] = []

        def apart(*row: Tensor) -> tuple[list[Tensor], list[Tensor]]:
            same, moved = function(*row)
            once.append(same)  # its numbers and arrays come back as they are
            return tensors_of(same), moved

        found, stacked = vmap(apart)(*rows)
        return with_tensors(once[0], [first(one) for one in found]), stacked
    if count == 0:
        same, like = function(*[zeros(row.shape[1:], row) for row in rows])
        return same, [one._backend.tensors.stack([one])[:0, ...] for one in like]
    made = [function(*[row[i, ...] for row in rows]) for i in range(count)]
    parts = zip(*[one for _, one in made], strict=True)
    return made[0][0], [part[0]._backend.tensors.stack(list(part)) for part in parts]


def first(rows: Tensor) -> Tensor:
    """The first of equal rows, as an array of its own."""
    made: Tensor = rows._backend.tensors.asarray(rows[0, ...], copy=True)
    return made


def elements(tensors: Sequence[Tensor]) -> int:
    return sum(one.size for one in tensors)


def basis(x: Tensor) -> Tensor:
    """The tensors of the shape of x that are 1 at one place and 0 elsewhere, along a first axis."""
    xp, size = x._backend.tensors, math.prod(x.shape)
    return shaped(xp.eye(size, dtype=x.dtype, device=x.device), (size, *x.shape))


def directions(tensors: Sequence[Tensor]) -> list[Tensor]:
    """For each of several tensors its part in a basis of all of them, along a first axis."""
    if len(tensors) == 1:
        return [basis(tensors[0])]
    parts, before, count = [], 0, elements(tensors)
    for x in tensors:
        after = count - before - x.size
        ends = [zeros((before, *x.shape), x), basis(x), zeros((after, *x.shape), x)]
        parts.append(x._backend.tensors.concat(ends))
        before += x.size
    return parts


def zeros(shape: tuple[int, ...], like: Tensor) -> Tensor:
    made: Tensor = like._backend.tensors.zeros(shape, dtype=like.dtype, device=like.device)
    return made


def shaped(x: Tensor, shape: tuple[int, ...]) -> Tensor:
    out: Tensor = x._backend.tensors.reshape(x, shape)
    return out


def checked_kind(tensors: Sequence[Tensor], holomorphic: bool) -> None:
    """Refuse what a Jacobian cannot be taken of."""
    for one in tensors:
        backend = one._backend
        if not backend.is_floating(one.dtype) or backend.is_complex(one.dtype) is not holomorphic:
            raise TypeError(
                f"jacobian: {one.dtype} was found, and with holomorphic=True arguments and results "
                "are complex"
                if holomorphic
                else f"jacobian: {one.dtype} was found, and arguments and results are real "
                "floating; of a complex function take jvp along 1 and along 1j, or "
                "holomorphic=True if it is one"
            )
