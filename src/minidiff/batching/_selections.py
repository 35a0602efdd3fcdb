"""x[mask] where each sample has a mask of its own: `x[x < 0] = 0`, `x[mask] *= 2`, `piecewise`.

How many elements it selects differs from sample to sample, so a batch of such results has no shape.
It can be computed with element by element all the same, be summed, and be written back: the
elements that are not selected are carried along, unseen.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

from ..array_api._helpers import anywhere
from ._values import Axes, Batched, Run, aligned, common, full, namespace, refused, run_of, shifted

WHAT = "x[mask] with a mask that differs from sample to sample"
# As what an element that is not selected counts in a reduction to truth values.
NOTHING = {"any": False, "all": True, "count_nonzero": False}


class Selection(Run):
    """What belongs to a run, and shows the elements that a mask selects along one axis.

    It is also the length of that axis: equal to another one if their masks are, and no number.

    Attributes
    ----------
    run : Run
    mask : Tensor
        Of shape (samples, elements).
    behind : int
        How many axes follow that one.
    """

    __slots__ = ("behind", "mask", "run")
    __hash__ = None  # type: ignore[assignment]  # equal masks may be different objects

    def __init__(self, run: Run, mask: Any, behind: int):
        super().__init__(run.count)
        self.run = run
        self.mask = mask
        self.behind = behind

    def __eq__(self, other: object) -> bool:
        if self is other or not isinstance(other, Selection):
            return self is other
        if self.run is not other.run or self.mask.shape != other.mask.shape:
            return False
        if self.mask is other.mask:
            return True
        return not anywhere(self.mask._backend.tensors, self.mask != other.mask)

    def __repr__(self) -> str:
        return "n"  # as a length, it is a number that nobody knows

    @property
    def ended(self) -> bool:
        return self.run.ended

    def beside(self, other: Run) -> Run:
        if not self.ended and (other is self.run or other == self):
            return self
        if isinstance(other, Selection):
            raise refused(f"{WHAT}, beside another such mask")
        return super().beside(other)

    def refuse(self) -> NoReturn:
        if self.ended:
            self.run.refuse()
        raise refused(WHAT)

    def shown(self, shape: tuple[Any, ...]) -> tuple[Any, ...]:
        return self.with_length(self, shape[1:])

    def with_length(self, length: Any, shape: tuple[Any, ...]) -> tuple[Any, ...]:
        """A shape with another side where the elements are that the mask selects from."""
        place = len(shape) - 1 - self.behind
        return (*shape[:place], length, *shape[place + 1 :])

    def moved(self, behind: int) -> Selection:
        """The same where so many axes follow."""
        return self if behind == self.behind else Selection(self.run, self.mask, behind)

    def wide(self, ndim: int) -> Any:
        """The mask beside values of so many axes."""
        count, length = self.mask.shape
        shape = (count, *(1,) * (ndim - 2 - self.behind), length, *(1,) * self.behind)
        return self.mask._backend.tensors.reshape(self.mask, shape)

    def of(self, values: Any) -> Batched:
        """What is selected of values of all elements."""
        xp = values._backend.tensors
        if math.prod(values.shape):
            # In place of what is not selected something that is: no warning comes of it that would
            # not come anyway, and no nan.
            first = xp.argmax(xp.reshape(xp.astype(self.mask, xp.int8), (-1,)))
            first = xp.reshape(first, (1,))
            length = self.mask.shape[1]
            some = xp.take(values.detach(), first // length, axis=0)
            some = xp.take(some, first % length, axis=values.ndim - 1 - self.behind)
            values = xp.where(self.wide(values.ndim), values, some)
        return Batched(values, self)

    def admits(self, one: Any) -> bool:
        """Whether a value may stand beside what is selected, which has no length."""
        if type(one) is Batched and isinstance(one.mapped, Selection):
            return one.mapped.behind == self.behind
        shape: tuple[int, ...] = one.shape
        return len(shape) <= self.behind or shape[-1 - self.behind] == 1

    def check(self, *values: Any) -> None:
        for one in values:
            if hasattr(one, "shape") and not self.admits(one):
                raise refused(f"{WHAT}, beside shape {one.shape}")

    # ---- what can be done with it

    def element_by_element(self, inner: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        given = (*args, *kwargs.values())
        self.check(*given)
        ndim = max([one.ndim for one in given if type(one) is Batched])
        out = inner(
            *[aligned(one, ndim) for one in args],
            **{name: aligned(one, ndim) for name, one in kwargs.items()},
        )
        return Batched(out, self)

    def total(
        self, inner: Callable[..., Any], x: Batched, axis: Axes, keepdims: bool, **options: Any
    ) -> Any:
        if inner.__name__ not in ("sum", *NOTHING):
            self.refuse()
        if axis is None:
            axis = tuple(range(x.ndim))
        axes = shifted(axis if isinstance(axis, tuple) else (axis,), x.ndim)
        place = x.ndim - self.behind  # of the value underneath
        if place not in axes:
            gone = 0 if keepdims else sum(one > place for one in axes)
            out = inner(x.value, axis=axes, keepdims=keepdims, **options)
            return Batched(out, self.moved(self.behind - gone))
        xp, value = namespace(x), x.value
        nothing = NOTHING.get(inner.__name__)
        if nothing is not None:
            value = xp.astype(value, xp.bool)
        values = xp.where(
            self.wide(x.ndim + 1), value, xp.zeros_like(value) if nothing is None else nothing
        )
        return Batched(inner(values, axis=axes, keepdims=keepdims, **options), self.run)

    def in_place_of(self, shape: tuple[Any, ...]) -> tuple[Selection, tuple[int, ...]]:
        """For a shape with a length like this one: what has it, and the shape underneath."""
        places = [i for i, side in enumerate(shape) if isinstance(side, Selection)]
        if len(places) != 1:
            self.refuse()
        there = self.moved(len(shape) - 1 - places[0])
        return there, (self.count, *there.with_length(self.mask.shape[1], shape))

    def stretched(self, x: Batched, shape: tuple[Any, ...]) -> Batched:
        """A value broadcast to a shape with a length like this one."""
        if x.mapped:
            self.beside(x.mapped)
        there, whole = self.in_place_of(shape)
        there.check(x)
        return Batched(namespace(x).broadcast_to(aligned(x, len(shape)), whole), there)

    def permuted(self, inner: Callable[..., Any], x: Batched, axes: tuple[int, ...]) -> Batched:
        """What is selected, its axes in another order."""
        order = shifted(tuple(axes), x.ndim)
        behind = x.ndim - 1 - order.index(x.ndim - self.behind)
        return Batched(inner(x.value, (0, *order)), self.moved(behind))

    def reshaped(self, inner: Callable[..., Any], x: Batched, shape: tuple[Any, ...]) -> Batched:
        """What is selected, with other axes before and behind."""
        there, whole = self.in_place_of(shape)
        before = x.value.shape[x.ndim + 1 - self.behind :]
        if math.prod(before) != math.prod(shape[len(shape) - there.behind :]):
            self.refuse()
        return Batched(inner(x.value, whole), there)


def refuse_number(self: Selection, *others: Any) -> NoReturn:
    self.refuse()


# Whoever computes with the length would be wrong for some sample.
for _name in (
    *("index", "int", "float", "add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv"),
    *("floordiv", "rfloordiv", "mod", "rmod", "pow", "neg", "lt", "le", "gt", "ge"),
):
    setattr(Selection, f"__{_name}__", refuse_number)


def length_in(shape: tuple[Any, ...]) -> Selection | None:
    """The length in a shape that is no number."""
    for side in shape:
        if type(side) is Selection:
            return side
    return None


# ---- reading and writing


class Masked:
    """A key with a mask of each sample's own, and otherwise `:`, for an array of some shape.

    Attributes
    ----------
    selection : Selection
    shape : tuple of int
        Of all samples, with the axes of the mask as one.
    """

    def __init__(self, run: Run | None, keys: tuple[Any, ...], shape: tuple[int, ...]):
        *slices, mask = keys
        if run is None or type(mask) is not Batched or any(one != slice(None) for one in slices):
            raise refused(WHAT)
        first, last = len(slices), len(slices) + mask.ndim
        if mask.shape != shape[first:last]:
            raise IndexError(f"x[mask]: the mask has shape {mask.shape}, and x has {shape}")
        length = math.prod(mask.shape)
        chosen = namespace(mask).reshape(full(mask, run), (run.count, length))
        self.selection = Selection(run, chosen, len(shape) - last)
        self.shape = (run.count, *shape[:first], length, *shape[last:])


def selected(x: Batched, keys: tuple[Any, ...]) -> Batched:
    """x[mask]."""
    run = run_of(x, *keys)
    key = Masked(run, keys, x.shape)
    return key.selection.of(namespace(x).reshape(full(x, key.selection.run), key.shape))


def unselected(g: Batched, keys: tuple[Any, ...], shape: tuple[int, ...]) -> Batched:
    """Zeros of a shape, and g where the mask selects: the transpose of x[mask]."""
    key = Masked(run_of(*keys), keys, shape)
    selection, xp = key.selection, namespace(g)
    if g.mapped:
        selection.beside(g.mapped)
    selection.check(g)
    values = xp.broadcast_to(aligned(g, len(key.shape) - 1), key.shape)
    found = xp.where(selection.wide(len(key.shape)), values, 0)
    return Batched(xp.reshape(found, (selection.count, *shape)), selection.run)


def write_selected(array: Batched, keys: tuple[Any, ...], value: Any) -> None:
    """x[mask] = value."""
    key = Masked(run_of(array, *keys), keys, array.shape)
    selection, xp = key.selection, namespace(array)
    before = Batched(xp.reshape(array.value, key.shape), selection)
    common((before, value))
    choose = partial(xp.where, selection.wide(len(key.shape)))
    after = selection.element_by_element(choose, (value, before), {})
    array.value[...] = xp.reshape(after.value, array.value.shape)


def write_whole(array: Batched, keys: tuple[Any, ...], value: Any) -> None:
    """part[...] = value, of what a mask selected."""
    selection = array.mapped
    whole = all(one is ... or (type(one) is slice and one == slice(None)) for one in keys)
    if not isinstance(selection, Selection) or not whole:
        raise refused(WHAT)
    common((array, value))
    found = selection.element_by_element(lambda part, value: value, (array, value), {})
    array.value[...] = found.value
