"""How functions on tensors are lifted to batches: each by one of a few rules.

A function gets an axis in front of all others (element by element, along an axis), or has a rule
of its own. Which function has which is said in _functions.py.
"""

from __future__ import annotations

import inspect
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..core.tensor import raw, wrap
from ._selections import length_in
from ._values import (
    Axes,
    Batched,
    aligned,
    batched,
    common,
    flattened,
    full,
    namespace,
    one_sample,
    plain,
    refused,
    run_of,
    shifted,
)

if TYPE_CHECKING:
    from ._arrays import BatchBackend

Function = Callable[..., Any]

# ---- element by element


def elementwise(inner: Function, *args: Any, **kwargs: Any) -> Any:
    run = common(args) if not kwargs else common((*args, *kwargs.values()))
    if run is None:
        return Batched(inner(*plain(args), **{n: plain(a) for n, a in kwargs.items()}), None)
    if not run.open:
        return run.element_by_element(inner, args, kwargs)
    given = args if not kwargs else (*args, *kwargs.values())
    ndim = max([one.ndim for one in given if type(one) is Batched])
    if not kwargs:
        return Batched(inner(*[aligned(a, ndim) for a in args]), run)
    keywords = {name: aligned(one, ndim) for name, one in kwargs.items()}
    return Batched(inner(*[aligned(a, ndim) for a in args], **keywords), run)


def astype(inner: Function, x: Batched, dtype: Any, /, **kwargs: Any) -> Any:
    return Batched(inner(x.value, dtype, **kwargs), x.mapped)


def about_dtypes(inner: Function, *args: Any, **kwargs: Any) -> Any:
    return inner(*plain(args), **kwargs)


def dependent(inner: Function, *args: Any) -> Any:
    """A function whose result has a shape that depends on the values."""
    if run_of(*args) is not None:
        raise refused(inner.__name__)
    return batched(inner(*plain(args)), None)


def on_tensors(backend: BatchBackend, inner: Function, *args: Any, **kwargs: Any) -> Any:
    """A composite: made of other functions of the table, which come back here."""

    def wrapped(value: Any) -> Any:
        if type(value) in (list, tuple):
            return [wrapped(one) for one in value]
        return wrap(backend, value) if type(value) is Batched else value

    out = inner(*map(wrapped, args), **{name: wrapped(one) for name, one in kwargs.items()})
    return tuple(map(raw, out)) if isinstance(out, tuple) else raw(out)


# ---- along axes


def reduction(
    inner: Function, x: Batched, /, *, axis: Axes = None, keepdims: bool = False, **kwargs: Any
) -> Any:
    run = x.mapped
    if not run:
        return Batched(inner(x.value, axis=axis, keepdims=keepdims, **kwargs), None)
    if not run.open:
        return run.total(inner, x, axis, keepdims, **kwargs)
    if axis is None and (x.ndim == 1 or length_in(x.shape) is not None):
        axis = tuple(range(x.ndim)) if x.ndim > 1 else 0
    if axis is not None:
        axes = shifted(axis, x.ndim)
        return Batched(inner(x.value, axis=axes, keepdims=keepdims, **kwargs), run)
    out = inner(flattened(x), axis=1, **kwargs)
    if keepdims:
        out = namespace(x).reshape(out, (*out.shape, *(1,) * x.ndim))
    return Batched(out, run)


def along_an_axis(inner: Function, x: Batched, /, *args: Any, **kwargs: Any) -> Any:
    """A function along one axis, by default the last one."""
    run = run_of(x)
    if run is None:
        return Batched(inner(x.value, *args, **kwargs), None)
    axis = shifted(kwargs.pop("axis", -1), x.ndim)
    return Batched(inner(x.value, *args, axis=axis, **kwargs), run)


def cumulative(inner: Function, x: Batched, /, *, axis: int | None = None, **kwargs: Any) -> Any:
    """A function along one axis, which has to be named where there are several."""
    run = run_of(x)
    if run is None:
        return Batched(inner(x.value, axis=axis, **kwargs), None)
    if axis is None and x.ndim != 1:
        inner(one_sample(x), **kwargs)  # which raises, or the library counts through all elements
        return Batched(inner(flattened(x), axis=1, **kwargs), run)
    axis = shifted(-1 if axis is None else axis, x.ndim)
    return Batched(inner(x.value, axis=axis, **kwargs), run)


def along_axes(
    inner: Function, x: Batched, /, *, s: Any = None, axes: Any = None, **kwargs: Any
) -> Any:
    run = run_of(x)
    if run is None:
        return Batched(inner(x.value, s=s, axes=axes, **kwargs), None)
    if axes is None:
        axes = tuple(range(-x.ndim if s is None else -len(s), 0))
    return Batched(inner(x.value, s=s, axes=shifted(tuple(axes), x.ndim), **kwargs), run)


def roll(inner: Function, x: Batched, /, shift: Any, *, axis: Axes = None) -> Any:
    run = run_of(x)
    if run is None:
        return Batched(inner(x.value, shift, axis=axis), None)
    if axis is not None:
        return Batched(inner(x.value, shift, axis=shifted(axis, x.ndim)), run)
    return Batched(namespace(x).reshape(inner(flattened(x), shift, axis=1), x.value.shape), run)


def repeat(inner: Function, x: Batched, repeats: Any, /, *, axis: int | None = None) -> Any:
    if run_of(repeats) is not None:
        raise refused("repeat by numbers that differ from sample to sample")
    run = run_of(x)
    if run is None:
        return Batched(inner(x.value, plain(repeats), axis=axis), None)
    if axis is None:
        return Batched(inner(flattened(x), plain(repeats), axis=1), run)
    return Batched(inner(x.value, plain(repeats), axis=shifted(axis, x.ndim)), run)


def tile(inner: Function, x: Batched, repetitions: tuple[int, ...], /) -> Any:
    run = run_of(x)
    if run is None:
        return Batched(inner(x.value, repetitions), None)
    ndim = max(x.ndim, len(repetitions))
    ones = (1,) * (1 + ndim - len(repetitions))
    return Batched(inner(aligned(x, ndim), (*ones, *repetitions)), run)


# ---- shapes


def concat(inner: Function, arrays: list[Batched], /, *, axis: int | None = 0) -> Any:
    run = run_of(*arrays)
    if run is None:
        return Batched(inner([one.value for one in arrays], axis=axis), None)
    values = [full(one, run) for one in arrays]
    if axis is None:
        xp = namespace(arrays[0])
        flat = [xp.reshape(v, (run.count, x.size)) for v, x in zip(values, arrays, strict=True)]
        return Batched(inner(flat, axis=1), run)
    return Batched(inner(values, axis=shifted(axis, arrays[0].ndim)), run)


def stack(inner: Function, arrays: list[Batched], /, *, axis: int = 0) -> Any:
    run = run_of(*arrays)
    if run is None:
        return Batched(inner([one.value for one in arrays], axis=axis), None)
    values = [full(one, run) for one in arrays]
    return Batched(inner(values, axis=shifted(axis, arrays[0].ndim + 1)), run)


def reshape(inner: Function, x: Batched, /, shape: tuple[int, ...], *, copy: Any = None) -> Any:
    run = x.mapped
    if run and not run.open:
        return run.reshaped(inner, x, shape)
    if run:
        shape = (run.count, *(completed(shape, x.size) if -1 in shape else shape))
    return Batched(inner(x.value, shape, copy=copy), run)


def completed(shape: tuple[int, ...], size: int) -> tuple[int, ...]:
    """A shape with a number for -1, which NumPy cannot find where the batch is empty."""
    known = 1
    for side in shape:
        known *= side if side != -1 else 1
    return tuple([side if side != -1 else size // max(known, 1) for side in shape])


def permute_dims(inner: Function, x: Batched, /, axes: tuple[int, ...]) -> Any:
    run = x.mapped
    if run is None:
        return Batched(inner(x.value, axes), None)
    if not run.open:
        return run.permuted(inner, x, axes)
    return Batched(inner(x.value, (0, *shifted(tuple(axes), x.ndim))), run)


def broadcast_to(inner: Function, x: Batched, /, shape: tuple[Any, ...]) -> Any:
    length = length_in(shape)
    if length is not None and length.mask._backend is x.value._backend:  # else of a level below
        return length.stretched(x, shape)
    run = run_of(x)
    if run is None:
        return Batched(inner(x.value, shape), None)
    return Batched(inner(aligned(x, len(shape)), (run.count, *shape)), run)


# ---- searching, in what all samples share


def searchsorted(inner: Function, x1: Batched, x2: Any, /, **kwargs: Any) -> Any:
    if run_of(x1, *kwargs.values()) is not None:
        return sample_by_sample(inner, x1, x2, **kwargs)
    kwargs = {name: plain(one) for name, one in kwargs.items()}
    return Batched(inner(x1.value, plain(x2), **kwargs), run_of(x2))


def isin(inner: Function, x1: Any, x2: Any, /, **kwargs: Any) -> Any:
    if run_of(x2) is not None:
        return sample_by_sample(inner, x1, x2, **kwargs)
    return Batched(inner(plain(x1), plain(x2), **kwargs), run_of(x1))


# ---- a loop over the samples, for what has no other form


def sample_by_sample(inner: Function, *args: Any, **kwargs: Any) -> Any:
    run = run_of(*args, *kwargs.values())
    if run is None:
        return batched(inner(*plain(args), **{n: plain(a) for n, a in kwargs.items()}), None)
    if not run.count:
        raise ValueError(
            f"vmap over no samples: {inner.__name__} has no form for batches, and of a loop that "
            "does not run there is no shape"
        )
    warn_of_loop(inner)

    def of_sample(one: Any, i: int) -> Any:
        return one.value[i, ...] if run_of(one) is not None else plain(one)

    outs = [
        inner(*[of_sample(a, i) for a in args], **{n: of_sample(a, i) for n, a in kwargs.items()})
        for i in range(run.count)
    ]
    if type(outs[0]) is tuple:
        return batched(tuple([stacked(column) for column in zip(*outs, strict=True)]), run)
    return batched(stacked(outs), run)


def stacked(outs: Sequence[Any]) -> Any:
    return outs[0]._backend.tensors.stack(list(outs))


# What a user has been told of: the function, where it is written, and the line that calls it.
_told: set[tuple[Any, ...]] = set()
# Whose lines are not the user's.
_MACHINERY = {__name__.partition(".")[0], "numpy", "contextlib", "functools"}


def warn_of_loop(inner: Function) -> None:
    """A warning at the line of the user's that calls a function, once for each such line."""
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and is_machinery(frame.f_globals.get("__name__")):
        frame, level = frame.f_back, level + 1
    name, written = inner.__name__, getattr(inspect.unwrap(inner), "__code__", None)
    told = (name, written, frame.f_code.co_filename, frame.f_lineno)
    if told not in _told:
        _told.add(told)
        warnings.warn(
            f"vmap: {name} has no form for batches, and runs in a loop over the samples",
            RuntimeWarning,
            stacklevel=level,
        )


def is_machinery(module: str | None) -> bool:
    """Whether code of a module is the library's own; an adapter of a formula has no module."""
    return module is None or module.partition(".")[0] in _MACHINERY
