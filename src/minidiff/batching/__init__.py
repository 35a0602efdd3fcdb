"""`vmap`: a function of one sample, on a batch of them without a loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from numbers import Integral
from typing import Any

from ..backends import SCALARS, Backend, ingest, numpy_backend, of_array
from ..core.nodes import adopted, brought_out
from ..core.pullback import unshared, without_graph
from ..core.state import innermost, on_level, state
from ..core.tensor import Tensor, current, is_kept, root_of, wrap
from ..core.trees import alike, children_of, difference, leaves_of, with_leaves
from ._arrays import BatchBackend, batches_over
from ._values import Batched, Run

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
        all that is in it, or a container of them with the same keys. Keyword arguments are mapped
        along their first axis; what all samples share is better closed over.
    out_axes : int, None, or nested as the result is
        Along which axis the samples of the result are to lie; None for what is the same for all.
        Numbers and arrays in a result are taken as tensors that all samples share; anything else
        is passed on.

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
        number (`if x > 0`) or a NumPy array, or writes a sample's value into what all share.
    RuntimeError
        If a value that differs from sample to sample is kept, and used when the call has ended.

    Warns
    -----
    RuntimeWarning
        Where a function that has no form for batches runs in a loop, once for each line.

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
        axes = [*spread(in_axes, args, "in_axes"), *spread(0, kwargs, "in_axes")]
        pairs = list(zip(leaves_of(given), axes, strict=True))
        leaves = [leaf if axis is None else as_tensor(leaf, axis) for leaf, axis in pairs]
        mapped = [(x, axis) for x, axis in zip(leaves, axes, strict=True) if axis is not None]
        run = Run(samples(mapped))
        backend = batches_over(home(leaves))
        inside = [
            leaf if axis is None else entered(backend, run, leaf, axis)
            for leaf, axis in zip(leaves, axes, strict=True)
        ]
        args, kwargs = with_leaves(given, inside)
        with running(backend, run):
            result = f(*args, **kwargs)
            ways = zip(leaves_of(result), spread(out_axes, result, "out_axes"), strict=True)
            taken: list[Tensor] = []
            outs = [left(backend, run, out, axis, taken) for out, axis in ways]
        return with_leaves(result, outs)

    call.__name__ = call.__qualname__ = f"vmap({getattr(f, '__name__', 'f')})"
    call.__doc__ = f.__doc__
    return call


@contextmanager
def running(backend: BatchBackend, run: Run) -> Iterator[None]:
    """Inside a vmap."""
    token, before = backend.size.set(run), run.open
    run.open = True
    try:
        with on_level(backend):
            yield
    finally:
        backend.size.reset(token)
        run.open = before


# ---- where the samples are


def spread(axes: Any, tree: Any, what: str) -> list[int | None]:
    """An axis for each leaf of a tree; where `axes` ends early, the same for all below."""
    if axes is None or is_axis(axes):
        return [axes if axes is None else int(axes)] * len(leaves_of(tree))
    children, parts = children_of(tree), children_of(axes)
    if children is None or parts is None or not alike(tree, axes):
        raise ValueError(
            f"vmap: {what} is an int, None, or nested like what it belongs to, and {axes!r} does "
            f"not fit: {difference(tree, axes)}"
        )
    if isinstance(tree, dict):
        parts = [axes[key] for key in tree]
    return [
        axis for one, part in zip(children, parts, strict=True) for axis in spread(part, one, what)
    ]


def is_axis(value: Any) -> bool:
    """Whether it is an integer, one of NumPy's perhaps."""
    return type(value) is not bool and isinstance(value, Integral)


# ---- arguments


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


def as_tensor(value: Any, axis: int) -> Tensor:
    if type(value) is not Tensor:
        if of_array(value) is None:
            raise TypeError(
                f"vmap: a {type(value).__name__} has no axis {axis}; give its place None in in_axes"
            )
        value = wrap(*ingest(value, None, None, copy=True))
    found: Tensor = brought_out(value)
    if not -found.ndim <= axis < found.ndim:
        raise ValueError(f"vmap: in_axes has {axis}, and an argument has shape {found.shape}")
    return found


def samples(mapped: list[tuple[Tensor, int]]) -> int:
    counts = {leaf.shape[axis] for leaf, axis in mapped}
    if len(counts) != 1:
        raise ValueError(
            f"vmap: arguments have {sorted(counts)} samples along their in_axes, not equally many"
            if counts
            else "vmap: no argument has samples; in_axes is None for all of them"
        )
    return counts.pop()


def entered(backend: BatchBackend, run: Run, leaf: Tensor, axis: int) -> Tensor:
    """An argument as `f` sees it: without the axis of the samples."""
    leaf = adopted(leaf, backend.base, "vmap")
    root_of(current(leaf))._kept = True
    if axis % leaf.ndim:
        leaf = leaf._backend.tensors.moveaxis(leaf, axis, 0)
    return wrap(backend, Batched(one_after_another(leaf), run), None, kept=True)


def one_after_another(batch: Tensor) -> Tensor:
    """A batch whose axis of samples does not lie between the others in memory; a copy if need be.

    What is computed of a batch lies in memory as the batch does. With the samples in between,
    reshape would make a copy of it, which a write does not reach, where it makes a view of one
    sample's. So each sample gets a place of its own, and lies there as it did: its axes in the same
    order and direction, with a gap, if only of one element, where they had one.
    """
    backend, sides = batch._backend, batch.shape
    long = [axis for axis, side in enumerate(sides) if side != 1]
    if len(long) < 3 or 0 in sides or backend.immutable:
        return batch
    strides = backend.strides(current(batch)._data)
    steps = [abs(stride) for stride in strides]
    outer_first = sorted(long, key=lambda axis: -steps[axis])
    if 0 not in outer_first[1:-1] or steps[outer_first[-1]] == 0:  # what is broadcast stays so
        return batch
    xp, outer_first = backend.tensors, [axis for axis in outer_first if axis]
    order = [0, *outer_first, *[axis for axis, side in enumerate(sides) if side == 1]]
    turned = tuple([place for place, axis in enumerate(order) if axis and strides[axis] < 0])
    out: Tensor = xp.flip(xp.permute_dims(batch, tuple(order)), axis=turned)
    out = xp.reshape(xp.reshape(out, (-1,)), out.shape)
    for place, (outer, inner) in enumerate(pairwise(outer_first), 2):
        if steps[outer] != sides[inner] * steps[inner]:
            before = (slice(None),) * place
            out = xp.concat([out, out[(*before, slice(1), ...)]], axis=place)
            out = out[(*before, slice(-1), ...)]
    back = tuple([order.index(axis) for axis in range(len(order))])
    out = xp.permute_dims(xp.flip(out, axis=turned), back)
    return out


# ---- results


def left(backend: BatchBackend, run: Run, out: Any, axis: int | None, taken: list[Tensor]) -> Any:
    """A result as the caller sees it: with the axis of the samples. `taken` are those before."""
    if type(out) is not Tensor:
        if axis is None or not (type(out) in SCALARS or of_array(out) is not None):
            return out
        out = backend.base.tensors.asarray(out)
    shared = out._backend is not backend
    array = Batched(brought_out(out), None) if shared else current(out)._data
    if array.mapped and array.mapped is not run:
        array.mapped.refuse()
    value = array.value
    if not state.get().on and current(value)._node is not None:
        value = without_graph(value)
    if axis is None:
        if array.mapped:
            raise ValueError(
                "vmap: out_axes is None for a result that differs from sample to sample"
            )
        return apart(value, taken)
    xp = value._backend.tensors
    if not array.mapped:
        value = xp.broadcast_to(value, (run.count, *value.shape))
    if not -value.ndim <= axis < value.ndim:
        raise ValueError(f"vmap: out_axes has {axis}, and a result has shape {value.shape}")
    value = apart(value, taken)
    return xp.moveaxis(value, 0, axis) if axis else value


def apart(value: Tensor, taken: list[Tensor]) -> Tensor:
    """The same values as a tensor of its own: what shares their memory may be written, or kept."""
    if value._at is None and not is_kept(value) and all(value is not one for one in taken):
        taken.append(value)
        return value
    return unshared(value)
