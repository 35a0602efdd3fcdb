"""`vmap`: a function of one sample, on a batch of them without a loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..backends import Backend, ingest, numpy_backend, of_array
from ..core.pullback import without_graph
from ..core.state import innermost, on_level, state
from ..core.tensor import Tensor, current, wrap
from ..core.trees import children_of, leaves_of, with_leaves
from ._arrays import BatchBackend, Batched, batches_over

__all__ = ["vmap"]


def vmap(f: Callable[..., Any], in_axes: Any = 0, out_axes: Any = 0) -> Callable[..., Any]:
    """A function of one sample as a function of a batch, computed on whole arrays.

    Parameters
    ----------
    f : callable
        Takes and returns tensors, or nested containers of them. What it does must not depend on
        values through Python's `if`, nor give shapes that do.
    in_axes : int, None, or a tuple of these, nested as the arguments are
        Along which axis the samples of an argument lie; None for an argument that all samples
        share. One for all arguments, or one for each; for an argument that is a container one for
        all that is in it, or a container of them.
    out_axes : int, None, or nested as the result is
        Along which axis the samples of the result are to lie; None for what is the same for all.

    Returns
    -------
    callable
        Takes what `f` takes, with an axis more. It composes with all transforms, in either order.

    Raises
    ------
    ValueError
        When called: if there is nothing to map over, if arguments differ in the number of samples,
        if `in_axes` or `out_axes` do not fit, or if a shape would differ from sample to sample.
    TypeError
        When called: if a mapped argument is no array, if `f` asks a sample's value for a Python
        number (`if x > 0`), or writes a sample's value into what all share.

    Warns
    -----
    RuntimeWarning
        Once for each function that has no form for batches and runs in a loop.

    Examples
    --------
    >>> import minidiff as md
    >>> from minidiff.batching import vmap
    >>> rows = md.asarray([[1.0, 2.0], [3.0, 4.0]])
    >>> vmap(lambda x: md.sum(x * x))(rows)
    Tensor([ 5., 25.])
    >>> vmap(md.grad(lambda x: md.sum(x**3)))(rows)
    Tensor([[ 3., 12.],
           [27., 48.]])
    """

    def call(*args: Any, **kwargs: Any) -> Any:
        given = (args, kwargs)
        axes = (spread(in_axes, args, "in_axes"), spread(0, kwargs, "in_axes"))
        pairs = list(zip(leaves_of(given), [a for part in axes for a in part], strict=True))
        mapped = [(as_tensor(leaf, axis), axis) for leaf, axis in pairs if axis is not None]
        count = samples(mapped)
        backend = batches_over(home([leaf for leaf, _ in pairs]))
        lifted = iter([entered(backend, leaf, axis) for leaf, axis in mapped])
        inside = [leaf if axis is None else next(lifted) for leaf, axis in pairs]
        args, kwargs = with_leaves(given, inside)
        with running(backend, count):
            result = f(*args, **kwargs)
        outs = zip(leaves_of(result), spread(out_axes, result, "out_axes"), strict=True)
        return with_leaves(result, [left(backend, count, out, axis) for out, axis in outs])

    call.__name__ = call.__qualname__ = f"vmap({getattr(f, '__name__', 'f')})"
    call.__doc__ = f.__doc__
    return call


@contextmanager
def running(backend: BatchBackend, count: int) -> Iterator[None]:
    """Inside a vmap of so many samples."""
    token = backend.size.set(count)
    try:
        with on_level(backend):
            yield
    finally:
        backend.size.reset(token)


def home(values: list[Any]) -> Backend:
    """What a batch is laid over: the batch around it, or the library of its tensors."""
    outer = innermost.get()
    if outer is not None:
        return outer
    found: Backend = numpy_backend
    for value in values:
        if type(value) is Tensor and found is numpy_backend:
            found = value._backend
    return found


def spread(axes: Any, tree: Any, what: str) -> list[int | None]:
    """An axis for each leaf of a tree; where `axes` ends early, the same for all below."""
    if axes is None or type(axes) is int:
        return [axes] * len(leaves_of(tree))
    children, parts = children_of(tree), children_of(axes)
    if children is None or parts is None or len(children) != len(parts):
        raise ValueError(
            f"vmap: {what} is an int, None, or nested like what it belongs to, and {axes!r} does "
            f"not fit {type(tree).__name__} of {len(children or [])}"
        )
    return [
        axis for one, part in zip(children, parts, strict=True) for axis in spread(part, one, what)
    ]


def as_tensor(value: Any, axis: int) -> Tensor:
    if type(value) is not Tensor:
        if of_array(value) is None:
            raise TypeError(
                f"vmap: a {type(value).__name__} has no axis {axis}; give its place None in in_axes"
            )
        value = wrap(*ingest(value, None, None, copy=True))
    if not -value.ndim <= axis < value.ndim:
        raise ValueError(f"vmap: in_axes has {axis}, and an argument has shape {value.shape}")
    return value  # type: ignore[no-any-return]  # a Tensor by now


def samples(mapped: list[tuple[Tensor, int]]) -> int:
    counts = {leaf.shape[axis] for leaf, axis in mapped}
    if len(counts) != 1:
        raise ValueError(
            f"vmap: arguments have {sorted(counts)} samples along their in_axes, not equally many"
            if counts
            else "vmap: no argument has samples; in_axes is None for all of them"
        )
    return counts.pop()


def entered(backend: BatchBackend, leaf: Tensor, axis: int) -> Tensor:
    """An argument as `f` sees it: without the axis of the samples."""
    assert backend.base is not None
    if leaf._backend is not backend.base:
        leaf = backend.base.adopt(leaf)
    current(leaf)._kept = True
    if axis % leaf.ndim:
        leaf = leaf._backend.tensors.moveaxis(leaf, axis, 0)
    return wrap(backend, Batched(leaf, True), None, kept=True)


def left(backend: BatchBackend, count: int, out: Any, axis: int | None) -> Any:
    """A result as the caller sees it: with the axis of the samples."""
    if type(out) is not Tensor:
        return out
    array = current(out)._data if out._backend is backend else Batched(out, False)
    value = array.value if state.get().on else without_graph(array.value)
    if axis is None:
        if array.mapped:
            raise ValueError(
                "vmap: out_axes is None for a result that differs from sample to sample"
            )
        return value
    xp = value._backend.tensors
    if not array.mapped:
        value = xp.broadcast_to(value, (count, *value.shape))
    return xp.moveaxis(value, 0, axis) if axis else value
