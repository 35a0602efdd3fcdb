"""Reading and writing at keys that may differ from sample to sample."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ._values import (
    aligned,
    any_mapped,
    batched,
    full,
    is_batched,
    namespace,
    plain,
    refused,
    samples,
)

if TYPE_CHECKING:
    from ._arrays import BatchBackend, Batched

Function = Callable[..., Any]


def getitem(inner: Function, x: Batched, key: Any, /) -> Any:
    keys = key if type(key) is tuple else (key,)
    if not any_mapped(x, *keys):
        return batched(inner(x.value, plain(keys)), False)
    value, place = x, Place(x, keys)
    out = inner(full(value, place.count), place.key)
    return batched(namespace(x).permute_dims(out, place.order) if place.order else out)


def scatter_add(inner: Function, g: Batched, key: Any, shape: tuple[int, ...], /) -> Any:
    keys = key if type(key) is tuple else (key,)
    if not any_mapped(g, *keys):
        return batched(inner(g.value, plain(keys), shape), False)
    place = Place(g, keys, len(shape))
    value = place.arranged(namespace(g), full(g, place.count))
    return batched(inner(value, place.key, (place.count, *shape)))


def write_at(backend: BatchBackend, array: Batched, key: Any, value: Any, /) -> None:
    """array[key] = value, through views of the value underneath."""
    keys = key if type(key) is tuple else (key,)
    if not any_mapped(array, value, *keys):
        array.value[plain(keys)] = plain(value)
        return
    assert array.mapped  # what all samples share is copied first (may_write)
    place = Place(array, keys)
    part = getitem(backend.base.tensors.getitem, array, key)  # for its shape
    value = aligned(value, part.ndim) if is_batched(value) else value
    if place.order and hasattr(value, "shape"):
        xp = backend.base.tensors
        value = place.arranged(xp, xp.broadcast_to(value, part.value.shape))
    array.value[place.key] = value


class Place:
    """A key of a sample as a key of the batch.

    Attributes
    ----------
    key : tuple
        For the array with its axis of samples in front.
    order : tuple of int or None
        The axes of what is found there, in the order in which they should be: NumPy puts the axes
        of index arrays first where they are apart.
    """

    def __init__(self, x: Batched, keys: tuple[Any, ...], ndim: int | None = None):
        ndim = x.ndim if ndim is None else ndim
        arrays = [one for one in keys if hasattr(one, "shape")]
        if any("bool" in str(one.dtype) for one in arrays if any_mapped(one)):
            raise refused("x[mask] with a mask that differs from sample to sample")
        self.count = samples(x, *keys)
        keys = without_ellipsis(keys, ndim)
        plainly = plain(keys)
        first, apart = layout_of(keys)
        depth = max([len(one.shape) for one in arrays], default=0)
        masks = any("bool" in str(one.dtype) for one in arrays)
        self.order: tuple[int, ...] | None = None
        if not any_mapped(*keys):
            self.key = (slice(None), *plainly)
            if apart and not masks:  # (index axes, samples, rest)
                rest = range(depth + 1, depth + 1 + result_axes(keys))
                self.order = (depth, *range(depth), *rest)
            return
        xp = next(namespace(one) for one in keys if any_mapped(one))
        device = next(one.device for one in keys if any_mapped(one))
        rows = xp.reshape(xp.arange(self.count, device=device), (self.count, *(1,) * depth))
        self.key = (rows, *[aligned(one, depth) if is_batched(one) else one for one in keys])
        if not apart and first:  # (samples, index axes, the axes before them, the rest)
            before = range(depth + 1, depth + 1 + first)
            rest = range(depth + 1 + first, depth + 1 + result_axes(keys))
            self.order = (0, *before, *range(1, depth + 1), *rest)

    def arranged(self, xp: Any, value: Any) -> Any:
        """What is to lie at the place, with its axes as the place has them."""
        if self.order is None:
            return value
        back = tuple(self.order.index(axis) for axis in range(len(self.order)))
        return xp.permute_dims(value, back)


def without_ellipsis(keys: tuple[Any, ...], ndim: int) -> tuple[Any, ...]:
    """A key with as many slices in place of its `...` as it stands for."""
    taken = 0
    for one in keys:
        if hasattr(one, "shape") and "bool" in str(one.dtype):
            taken += len(one.shape)
        elif one is not None and one is not ...:
            taken += 1
    slices = (slice(None),) * (ndim - taken)
    for index, one in enumerate(keys):
        if one is ...:
            return (*keys[:index], *slices, *keys[index + 1 :])
    return (*keys, *slices)


def layout_of(keys: tuple[Any, ...]) -> tuple[int, bool]:
    """How many axes of the result come before those of index arrays; whether these are apart."""
    if not any(hasattr(one, "shape") for one in keys):
        return 0, False
    advanced = [i for i, one in enumerate(keys) if type(one) is not slice and one is not None]
    apart = advanced[-1] - advanced[0] >= len(advanced)
    return advanced[0], apart


def result_axes(keys: tuple[Any, ...]) -> int:
    """The axes of the result that slices and new axes make."""
    return sum(type(one) is slice or one is None for one in keys)
