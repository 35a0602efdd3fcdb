"""Matrix functions and products on batches: the axis of the samples is one more of a stack."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._lifts import reshape
from ._values import Batched, aligned, batched, full, namespace, one_sample, plain, run_of

Function = Callable[..., Any]


def matrices(inner: Function, x: Batched, /, *args: Any, **kwargs: Any) -> Any:
    """A function of the last two axes, for which all others are a stack already."""
    run = run_of(x)
    if x.ndim < 2:
        refuse_as_outside(inner, one_sample(x), *args, **kwargs)
    return batched(inner(x.value, *args, **kwargs), run)


def refuse_as_outside(inner: Function, *args: Any, **kwargs: Any) -> None:
    """Raise what a function does of samples that are no matrices; the batch would be one."""
    inner(*args, **kwargs)
    raise ValueError(f"{inner.__name__} takes matrices, of at least two axes (inside vmap)")


def with_tolerance(inner: Function, x: Batched, /, *, rtol: Any = None) -> Any:
    """The same, with a tolerance for each matrix of a stack."""
    run = run_of(x, rtol)
    if x.ndim < 2:
        refuse_as_outside(inner, one_sample(x))
    if run is None or type(rtol) is not Batched:
        return Batched(inner(x.value, rtol=plain(rtol)), run)
    stack = max(x.ndim - 2, rtol.ndim)
    given = aligned(Batched(full(x, run), run), stack + 2)
    return Batched(inner(given, rtol=aligned(rtol, stack)), run)


def triangle(inner: Function, x: Batched, /, *, k: int = 0) -> Any:
    run = run_of(x)
    if run and x.ndim < 2:
        # A library that takes vectors makes a matrix of them.
        shape = inner(one_sample(x), k=k).shape
        square = namespace(x).broadcast_to(aligned(x, 2), (run.count, *shape))
        return Batched(inner(square, k=k), run)
    return Batched(inner(x.value, k=k), run)


def matmul(inner: Function, x1: Batched, x2: Batched, /) -> Any:
    run = run_of(x1, x2)
    if run is None:
        return Batched(inner(x1.value, x2.value), None)
    if not x1.ndim or not x2.ndim:
        raise ValueError("matmul takes arrays of at least one axis (inside vmap)")
    one, other = x1, x2
    if x1.ndim == 1:
        one = reshape(namespace(x1).reshape, x1, (1, *x1.shape))
    if x2.ndim == 1:
        other = reshape(namespace(x2).reshape, x2, (*x2.shape, 1))
    out = one_product(inner, one, other)
    shape = out.shape[:-2] + out.shape[-2:][x1.ndim == 1 : 1 if x2.ndim == 1 else 2]
    return Batched(out if shape == out.shape else namespace(one).reshape(out, shape), run)


def one_product(inner: Function, x1: Batched, x2: Batched) -> Any:
    """The product of matrices; with a matrix that all samples share, a single large one."""
    xp = namespace(x1)
    if not x2.mapped and x2.ndim == 2:
        rows = xp.reshape(x1.value, (-1, x1.shape[-1])) if x1.size else x1.value
        out = inner(rows, x2.value)
        return xp.reshape(out, (*x1.value.shape[:-1], x2.shape[-1]))
    if not x1.mapped and x1.ndim == 2 and x2.ndim == 2 and x2.shape[1] == 1:
        columns = xp.reshape(x2.value, (x2.value.shape[0], x2.shape[0]))
        return inner(columns, xp.matrix_transpose(x1.value))[..., None]
    ndim = max(x1.ndim, x2.ndim)
    return inner(aligned(x1, ndim), aligned(x2, ndim))


def solve(inner: Function, x1: Batched, x2: Batched, /) -> Any:
    run = run_of(x1, x2)
    if run is None:
        return Batched(inner(x1.value, x2.value), None)
    if x1.ndim < 2 or not x2.ndim:
        refuse_as_outside(inner, one_sample(x1), one_sample(x2))
    other = x2
    if x2.ndim == 1:
        other = reshape(namespace(x2).reshape, x2, (*x2.shape, 1))
    ndim = max(x1.ndim, other.ndim)
    out = inner(aligned(x1, ndim), aligned(other, ndim))
    return Batched(namespace(x1).reshape(out, out.shape[:-1]) if x2.ndim == 1 else out, run)
