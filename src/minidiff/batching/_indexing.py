"""Reading and writing at keys that may differ from sample to sample."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ._keys import (
    Keys,
    Place,
    axes_taken,
    depth_of,
    has_own_mask,
    is_basic,
    is_mask,
    is_straight,
    normal,
    numbers_of_samples,
    slices_before_arrays,
)
from ._making import for_each_sample
from ._selections import Selection, selected, unselected, write_selected, write_whole
from ._values import (
    Batched,
    Run,
    aligned,
    flattened,
    full,
    namespace,
    one_sample,
    plain,
    run_of,
    shifted,
)

if TYPE_CHECKING:
    from ._arrays import BatchBackend

Function = Callable[..., Any]


def getitem(inner: Function, x: Batched, key: Any, /) -> Any:
    keys = key if type(key) is tuple else (key,)
    if not is_basic(keys):
        keys = normal(keys, x, x.shape)
        if not is_basic(keys):
            return get_at_arrays(inner, x, keys)
    run = run_of(x)
    if run is None:
        return Batched(inner(x.value, keys), None)
    out = inner(x.value, (slice(None), *keys))
    xp = namespace(x)
    if out.ndim == 1 and ... not in keys and not x.value._backend.elements_are_views():
        out = xp.asarray(out, copy=True)
    return Batched(out, run)


def get_at_arrays(inner: Function, x: Batched, keys: Keys) -> Any:
    run = run_of(x, *keys)
    if run is None:
        return Batched(inner(x.value, plain(keys)), None)
    if has_own_mask(keys):
        return selected(x, keys)
    try:
        if run_of(*keys) is None and is_straight(keys):
            return Batched(inner(x.value, (slice(None), *plain(keys))), run)
        first = slices_before_arrays(keys)
        if first is not None:
            return Batched(gathered(inner, x, keys, first, run), run)
    except IndexError:
        pass  # a library that knows index arrays alone, as the standard does
    xp, place = namespace(x), Place(x.value._backend, keys, x)
    length, found = place.length, place.found
    if x.mapped:
        length, found = run.count * length, place.among_all(run)
    rows = xp.reshape(x.value, (length, *place.rest))
    out = xp.take(rows, place.flat(found), axis=0)
    return Batched(xp.reshape(out, (*found.shape, *place.rest)), run)


def gathered(inner: Function, x: Batched, keys: Keys, first: int, run: Run) -> Any:
    """What index arrays, of which each sample has its own, find behind some slices."""
    xp, depth = namespace(x), depth_of(keys)
    given = [aligned(one, depth) if type(one) is Batched else one for one in keys]
    if not x.mapped:
        out = inner(x.value, given[0] if len(given) == 1 else tuple(given))
        return xp.moveaxis(out, first, 0) if first else out
    out = inner(x.value, (numbers_of_samples(x, run, depth), *given))
    if not first:
        return out
    # Index arrays that are apart come first: the samples and theirs, then those of the slices.
    rest = range(1 + depth + first, out.ndim)
    before = range(1 + depth, 1 + depth + first)
    return xp.permute_dims(out, (0, *before, *range(1, 1 + depth), *rest))


def scatter_add(inner: Function, g: Batched, key: Any, shape: tuple[int, ...], /) -> Any:
    keys = key if type(key) is tuple else (key,)
    if not is_basic(keys):
        keys = normal(keys, g, shape)
        if not is_basic(keys):
            return scatter_at_arrays(inner, g, keys, shape)
    run = run_of(g)
    if run is None:
        return Batched(inner(g.value, keys, shape), None)
    return Batched(inner(g.value, (slice(None), *keys), (run.count, *shape)), run)


def scatter_at_arrays(inner: Function, g: Batched, keys: Keys, shape: tuple[int, ...]) -> Any:
    if has_own_mask(keys):
        return unselected(g, keys, shape)
    run = run_of(g, *keys)
    if run is None:
        return Batched(inner(g.value, plain(keys), shape), None)
    if has_own_mask(keys, below=True):
        out = inner(full(g, run), (slice(None), *plain(keys)), (run.count, *shape))
        return Batched(out, run)
    return scattered(inner, full(g, run), Place(g.value._backend, keys, g, shape), run)


def scattered(inner: Function, g: Any, place: Place, run: Run) -> Batched:
    """Zeros with the values of all samples added at their places."""
    xp, found = g._backend.tensors, place.among_all(run)
    values = xp.reshape(g, (math.prod(found.shape), *place.rest))
    out = inner(values, place.flat(found), (run.count * place.length, *place.rest))
    return Batched(xp.reshape(out, (run.count, *place.lead, *place.rest)), run)


def write_at(backend: BatchBackend, array: Batched, key: Any, value: Any, /) -> None:
    """array[key] = value, through views of the value underneath."""
    keys = key if type(key) is tuple else (key,)
    run = backend.size.get(None)
    if run is not None and not array.mapped:  # made in a formula, and of nobody else
        array.value, array.mapped = for_each_sample(array.value, run), run
    if isinstance(array.mapped, Selection):
        write_whole(array, keys, value)
        return
    if not is_basic(keys):
        keys = normal(keys, array, array.shape)
        if not is_basic(keys):
            write_at_arrays(array, keys, value)
            return
    if run_of(array, value) is None:
        array.value[keys] = plain(value)
        return
    axes = array.ndim - sum(type(one) is int for one in keys) + keys.count(None)
    array.value[(slice(None), *keys)] = aligned(value, axes)


def write_at_arrays(array: Batched, keys: Keys, value: Any) -> None:
    if has_own_mask(keys):
        write_selected(array, keys, value)
    elif run_of(array, value, *keys) is None:
        array.value[plain(keys)] = plain(value)
    elif run_of(*keys) is None and is_straight(keys):
        taken = sum(map(axes_taken, keys))
        kept = sum(type(one) is slice or one is None for one in keys)
        axes = depth_of(keys) + kept + array.ndim - taken
        try:
            array.value[(slice(None), *plain(keys))] = aligned(value, axes)
        except IndexError:  # a library that knows masks of whole arrays alone, as the standard does
            if len(keys) > 1 or not is_mask(keys[0]):
                raise
            write_by_mask(array, keys, value)
    else:
        place = Place(array.value._backend, keys, array)
        axes = place.ndim + len(place.rest)
        rows = numbers_of_samples(array, place.run, place.ndim) if place.run else slice(None)
        array.value[(rows, *place.coordinates())] = aligned(value, axes)


def write_by_mask(array: Batched, keys: Keys, value: Any) -> None:
    """The same with a choice between what was there and what is written, each in its place."""
    run, place = run_of(array, value), Place(array.value._backend, keys, array)
    assert run is not None
    xp, axes = namespace(array), place.ndim + len(place.rest)
    given = aligned(value, axes) if type(value) is Batched else xp.asarray(value, dtype=array.dtype)
    values = xp.broadcast_to(given, (run.count, *place.found.shape, *place.rest))
    wide = xp.reshape(keys[0].value, (*place.lead, *(1,) * len(place.rest)))
    written = scattered(xp.scatter_add, values, place, run).value
    array.value[...] = xp.where(wide, written, array.value)


# ---- along an axis


def take(inner: Function, x: Batched, indices: Batched, /, *, axis: int | None = None) -> Any:
    run = run_of(x, indices)
    if run is None:
        return Batched(inner(x.value, plain(indices), axis=axis), None)
    xp = namespace(x)
    if axis is None:
        if x.ndim != 1:  # a library that allows it counts through all elements
            inner(one_sample(x), xp.arange(0, device=x.device))
            x = Batched(flattened(x) if x.mapped else xp.reshape(x.value, (-1,)), x.mapped)
        axis = 0
    axis = shifted(axis, x.ndim) - 1
    if run_of(indices) is None:
        return Batched(inner(x.value, plain(indices), axis=axis + 1), run)
    first = 1 if x.mapped else 0
    if axis:
        x = Batched(xp.moveaxis(x.value, axis + first, first), x.mapped)
    place = Place(x.value._backend, (indices,), x)
    rows, found = x.value, place.found
    if x.mapped:
        rows = xp.reshape(rows, (run.count * place.length, *place.rest))
        found = place.among_all(run)
    out = xp.reshape(inner(rows, place.flat(found), axis=0), (*found.shape, *place.rest))
    if axis:  # the axes of the indices, to where the axis was
        before = range(found.ndim, found.ndim + axis)
        after = range(found.ndim + axis, out.ndim)
        out = xp.permute_dims(out, (0, *before, *range(1, found.ndim), *after))
    return Batched(out, run)


def take_along_axis(inner: Function, x: Batched, indices: Batched, /, *, axis: int = -1) -> Any:
    run = run_of(x, indices)
    if run is None:
        return Batched(inner(x.value, indices.value, axis=axis), None)
    return Batched(inner(full(x, run), full(indices, run), axis=shifted(axis, x.ndim)), run)
