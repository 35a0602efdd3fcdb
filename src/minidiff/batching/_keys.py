"""Keys of samples: their parts, and the places in a batch that they lead to."""

from __future__ import annotations

import math
from functools import cache
from numbers import Integral
from typing import Any

from ..backends import Backend
from ..core.tensor import raw, wrap
from ._values import Batched, Run, aligned, full, namespace, plain, run_of

Keys = tuple[Any, ...]

BASIC = frozenset({int, slice, type(None), type(...)})


def is_basic(keys: Keys) -> bool:
    for one in keys:  # noqa: SIM110  # a generator costs more than the rest of x[i]
        if type(one) not in BASIC:
            return False
    return True


def normal(keys: Keys, like: Batched, shape: tuple[int, ...]) -> Keys:
    """A key of integers, slices, new axes and Batched index arrays, with no `:` at its end."""
    keys = tuple([as_index(one, like) for one in keys])
    for place, one in enumerate(keys):
        if one is ...:
            missing = (slice(None),) * (len(shape) - sum(map(axes_taken, keys)))
            keys = (*keys[:place], *missing, *keys[place + 1 :])
            break
    while type(keys[-1]) is slice and keys[-1] == slice(None):
        keys = keys[:-1]
    return keys


def as_index(one: Any, like: Batched) -> Any:
    if type(one) is Batched or type(one) in BASIC:
        return one
    if type(one) is not bool and isinstance(one, Integral):  # one of NumPy's
        return int(one)
    xp = namespace(like)
    if not isinstance(one, list | tuple) or (len(one) and not holds_batched(one)):
        return Batched(xp.asarray(one, device=like.device), None)
    if not one:  # which asarray would take for floats
        return Batched(xp.arange(0, device=like.device), None)
    parts = [as_index(part, like) for part in one]
    parts = [p if type(p) is Batched else Batched(xp.asarray(p), None) for p in parts]
    run = run_of(*parts)
    return Batched(xp.stack([full(p, run) if run else p.value for p in parts], axis=bool(run)), run)


def holds_batched(one: Any) -> bool:
    if type(one) in (list, tuple):
        return any(map(holds_batched, one))
    return type(one) is Batched


def is_mask(one: Any) -> bool:
    return type(one) is Batched and "bool" in str(one.dtype)


def has_own_mask(keys: Keys, *, below: bool = False) -> bool:
    """Whether there is a mask that differs from sample to sample, of a vmap around this one too."""
    return any(is_mask(one) and (one.mapped or (below and differs_below(one))) for one in keys)


def differs_below(one: Batched) -> bool:
    array = one.value._data
    return type(array) is Batched and (bool(array.mapped) or differs_below(array))


def axes_taken(one: Any) -> int:
    """How many axes of an array a part of a key stands for."""
    if is_mask(one):
        ndim: int = one.ndim
        return ndim
    return 0 if one is None or one is ... else 1


def depth_of(keys: Keys) -> int:
    """How many axes of the result the index arrays make together."""
    return max([1 if is_mask(one) else one.ndim for one in keys if type(one) is Batched], default=0)


def is_straight(keys: Keys) -> bool:
    """Whether index arrays, and integers with them, are side by side: their axes stay in place."""
    places = [i for i, one in enumerate(keys) if type(one) is Batched or type(one) is int]
    return places[-1] - places[0] < len(places)


def slices_before_arrays(keys: Keys) -> int | None:
    """How many slices there are before the index arrays; None for a key that has anything else."""
    arrays = [type(one) is Batched for one in keys]
    first = arrays.index(True)
    last = len(keys) - arrays[::-1].index(True)
    others = (*keys[:first], *keys[last:])
    plainly = all(arrays[first:last]) and all(type(one) is slice for one in others)
    return first if plainly and not any(map(is_mask, keys)) else None


class Place:
    """Where a key with index arrays leads: flat places in the axes that it speaks of.

    The library itself looks it up in an array of numbers, so that it checks the range, and puts the
    axes into the order, that it would outside of vmap.

    Attributes
    ----------
    lead, rest : tuple of int
        The sides of the array that the key speaks of, and of those that follow.
    length : int
        How many places the first have.
    run : Run, optional
        Whose samples the key differs between.
    found : array of the backend underneath
        The places.
    ndim : int
        How many axes these have in each sample.
    """

    def __init__(
        self, base: Backend, keys: Keys, like: Batched, shape: tuple[int, ...] | None = None
    ):
        shape = like.shape if shape is None else shape
        taken = sum(map(axes_taken, keys))
        self.base, self.device = base, like.device
        self.lead, self.rest = shape[:taken], shape[taken:]
        self.length = math.prod(self.lead)
        self.run = run_of(*keys)
        xp = base.arrays
        numbers = xp.reshape(xp.arange(self.length, device=self.device), self.lead)
        depth = None
        if self.run is not None:
            keys = self.without_masks(keys)
            depth = depth_of(keys)
        given = [raw(plain(one) if depth is None else aligned(one, depth)) for one in keys]
        found = base.asarray(xp.getitem(numbers, given[0] if len(given) == 1 else tuple(given)))
        kinds = tuple(map(kind_of, keys))
        if depth is not None and ("slice" in kinds or "NoneType" in kinds):
            found = xp.permute_dims(found, order_at(base, kinds, depth))
        self.found = found
        self.ndim = found.ndim - (depth is not None)

    def without_masks(self, keys: Keys) -> Keys:
        """The same with index arrays in place of masks."""
        made: list[Any] = []
        for one in keys:
            if is_mask(one):
                made += [Batched(i, None) for i in self.base.tensors.nonzero(one.value)]
            else:
                made.append(one)
        return tuple(made)

    def among_all(self, run: Run) -> Any:
        """The places in an array of all samples, one after another."""
        xp = self.base.arrays
        starts = xp.arange(run.count, device=self.device) * self.length
        return self.found + xp.reshape(starts, (run.count, *(1,) * self.ndim))

    def coordinates(self) -> list[Any]:
        """The places as an index array for each axis."""
        found, places = [], self.found
        for side in reversed(self.lead):
            found.append(self.wrapped(places % side))
            places = places // side
        return found[::-1]

    def flat(self, found: Any) -> Any:
        """Places as one list."""
        return self.wrapped(self.base.arrays.reshape(found, (-1,)))

    def wrapped(self, array: Any) -> Any:
        return wrap(self.base, array)


def kind_of(one: Any) -> str:
    if type(one) is Batched:
        return "array" if one.ndim else "number"
    return type(one).__name__


@cache
def order_at(backend: Backend, kinds: tuple[str, ...], depth: int) -> tuple[int, ...]:
    """The axes of what index arrays of all samples find, in the order that those of one have.

    The first is that of the samples. A library is asked by an example, where each axis has a length
    of its own: NumPy and PyTorch differ in what an integer among index arrays does.
    """
    xp = backend.arrays
    integer = xp.arange(1).dtype
    sides = tuple(range(3, 3 + depth))
    lengths = iter(range(3 + depth, 100))
    x = xp.zeros([next(lengths) if k == "slice" else 1 for k in kinds if k != "NoneType"])
    one = {"array": xp.zeros(sides, dtype=integer), "number": xp.zeros((), dtype=integer)}
    many = {"array": xp.zeros((2, *sides), dtype=integer)}
    many["number"] = xp.zeros((2, *(1,) * depth), dtype=integer)
    basic = {"slice": slice(None), "NoneType": None, "int": 0}
    wanted, found = [
        list(xp.getitem(x, tuple([{**basic, **arrays}[kind] for kind in kinds])).shape)
        for arrays in (one, many)
    ]
    order = []
    for side in (2, *wanted):
        order.append(found.index(side))
        found[order[-1]] = 0
    return tuple(order)


def numbers_of_samples(like: Batched, run: Run, depth: int) -> Any:
    """An index array of the samples, to stand beside those of so many axes."""
    base = like.value._backend
    xp = base.arrays
    return wrap(
        base, xp.reshape(xp.arange(run.count, device=like.device), (run.count, *(1,) * depth))
    )
