"""Indexing, reading and writing.

`getitem` and `scatter_add` are each other's transposes, and so are the two sides of `write`: that
closes every order. At first order the engine adds a slice's gradient into its parent's buffer
(`special`), instead of making an array of zeros for each.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ..core.graph import OpNode
from ..core.project import projected
from ..core.rules import rule_of
from ..core.tensor import follow
from ..core.words import differentiable, linear, view
from ._elementwise import subtract

if TYPE_CHECKING:
    from ..backends import Layout
    from ..core.backward import Pass
    from ..core.graph import WideNode
    from ..core.tensor import Step, Tensor


@linear(x=lambda xp, g, x_shape, key: xp.scatter_add(g, key, x_shape))
@view
def getitem(xp: Any, x: Tensor, key: Any, /) -> Tensor:
    """x[key]."""
    ...


def add_into_buffer(walk: Pass, node: OpNode, g: Any) -> None:
    """The gradient of x[key], added where it belongs in the gradient of x."""
    parent: Any = node.parent1
    backend, (key,) = node.backend, node.args
    known = walk.grads.get(parent)
    if known is None and type(key) is slice:  # the first part: written, not added
        walk.grads[parent] = backend.arrays.scatter_add(g, key, parent.shape)
        walk.owned.add(parent)
    elif parent in walk.owned and type(known) is backend.array_type:
        backend.add_at(known, key, g)
    else:
        backend.add_at(walk.buffer(parent, g), key, g)


rule_of(getitem).special = add_into_buffer


def take_off_in_buffer(walk: Pass, node: OpNode, g: Any) -> bool:
    """The gradient of x2 = y[a:b] in x1 - x2, taken off where it belongs in the gradient of y.

    So x[1:] - x[:-1] makes no array of -g: the first part is written into the gradient of x, and
    the second is taken off.
    """
    first: Any = node.parent1
    second: Any = node.parent2
    if not passed_on(walk, second):
        return False
    (key,) = second.args
    backend, same_space = node.backend, second.shape == node.shape and second.dtype is node.dtype
    if type(key) is not slice or not backend.slices_are_views or not same_space:
        return False
    whole, grads = second.parent1, walk.grads
    if passed_on(walk, first) and first.parent1 is whole and first in grads:
        add_into_buffer(walk, first, grads.pop(first))
        walk.owned.discard(first)
    if whole not in walk.owned or type(grads[whole]) is not backend.array_type:
        return False
    part = grads[whole][key]
    part -= g
    return True


def passed_on(walk: Pass, node: Any) -> bool:
    """Whether a node is that of x[key], from which the pass goes on to x."""
    return type(node) is OpNode and node.rule is GETITEM and node.number > walk.start


GETITEM = rule_of(getitem)
rule_of(subtract).special2 = take_off_in_buffer


@linear(x=lambda xp, g, key: xp.getitem(g, key))
def scatter_add(xp: Any, x: Tensor, key: Any, shape: tuple[int, ...], /) -> Tensor:
    """Zeros of a shape with x added at key, repeated places summed: the transpose of indexing."""
    ...


def take_x(xp: Any, g: Any, x_shape: tuple[int, ...], indices: Any, axis: int | None) -> Any:
    places = xp.take(places_of(xp, x_shape, g), indices, axis=axis)
    return scatter_places(xp, g, places, x_shape)


@linear(x=take_x)
def take(xp: Any, x: Tensor, indices: Tensor, /, *, axis: int | None = None) -> Tensor:
    """The elements at some indices along an axis."""
    ...


def take_into_buffer(walk: Pass, node: WideNode, g: Any) -> None:
    parent = node.many["x"]
    axis = node.kwargs.get("axis")
    axis = 0 if axis is None else axis % len(parent.shape)
    key = (*(slice(None) for _ in range(axis)), node.args[1])
    node.backend.add_at(walk.buffer(parent, g), key, g)


rule_of(take).special = take_into_buffer


def take_along_axis_x(xp: Any, g: Any, x_shape: tuple[int, ...], indices: Any, axis: int) -> Any:
    places = xp.take_along_axis(places_of(xp, x_shape, g), indices, axis=axis)
    return scatter_places(xp, g, places, x_shape)


@linear(x=take_along_axis_x)
def take_along_axis(xp: Any, x: Tensor, indices: Tensor, /, *, axis: int = -1) -> Tensor:
    """The elements at indices that differ from line to line."""
    ...


def places_of(xp: Any, shape: tuple[int, ...], like: Any) -> Any:
    """An array that holds the flat index of each of its places."""
    return xp.reshape(xp.arange(math.prod(shape), device=like.device), shape)


def scatter_places(xp: Any, g: Any, places: Any, shape: tuple[int, ...]) -> Any:
    """Zeros of a shape with g added at flat indices."""
    flat = xp.scatter_add(xp.reshape(g, (-1,)), xp.reshape(places, (-1,)), (math.prod(shape),))
    return xp.reshape(flat, shape)


# ---- writing

AS_WHOLE: tuple[Step, ...] = (("getitem", (...,), {}),)


def value_of_write(xp: Any, g: Any, steps: tuple[Step, ...]) -> Any:
    """The gradient of what was written: where an index came twice, the last one wrote."""
    *path, (_, (key,), _) = steps
    base = follow(xp, g, tuple(path))
    part = xp.getitem(base, key)
    if not may_repeat(key):
        return part
    places = xp.reshape(xp.getitem(places_of(xp, base.shape, g), key), (-1,))
    return xp.where(xp.reshape(is_last(xp, places), part.shape), part, 0)


def is_last(xp: Any, places: Any) -> Any:
    """Which elements of a list come not again after themselves."""
    if places.shape == (0,):
        return xp.astype(places, xp.bool)
    order = xp.argsort(places, stable=True)
    in_order = xp.take(places, order)
    end = xp.ones((1,), dtype=xp.bool, device=places.device)
    last = xp.concat([in_order[1:] != in_order[:-1], end])
    return xp.take(last, xp.argsort(order))


# Linear, but over the reals only, since a step can be `real` or `imag`: so not @linear.
@differentiable(
    x=lambda xp, g, steps, layout: xp.write(g, 0, steps, layout),
    value=lambda xp, g, steps: value_of_write(xp, g, steps),
    jvp=lambda xp, dx, dvalue, steps, layout: xp.write(dx, dvalue, steps, layout),
)
def write(
    xp: Any,
    x: Tensor,
    value: Tensor | complex,
    steps: tuple[Step, ...],
    layout: Layout | None,
    /,
) -> Tensor:
    """A copy of x, written through the steps of a view, of which the last is a key."""
    out = laid_out(xp, x, layout)
    *path, (_, (key,), _) = steps
    xp.write_at(follow(xp, out, tuple(path)), key, value)
    return out


def laid_out(xp: Any, x: Any, layout: Layout | None) -> Any:
    """A copy of an array whose axes lie in memory in a given way; None: however they lie."""
    if layout is None:
        return xp.asarray(x, copy=True)
    order = [axis for axis, _ in layout]
    out = xp.empty(tuple([x.shape[axis] for axis in order]), dtype=x.dtype, device=x.device)
    out = xp.permute_dims(out, tuple([order.index(axis) for axis in range(x.ndim)]))
    backwards = tuple([axis for axis, turned in layout if turned])
    if backwards:
        out = xp.flip(out, axis=backwards)
    xp.write_at(out, ..., x)
    return out


def write_back(walk: Pass, node: WideNode, g: Any) -> None:
    """The two sides of a write on arrays; the gradient's own buffer goes on to the base.

    So a loop that fills an array row by row costs a row each, on the way back too.
    """
    backend = node.backend
    _, _, steps, layout = node.args
    g = backend.asarray(g)  # NumPy's scalars cannot be written
    value, base = node.many["value"], node.many["x"]
    if value is not None:
        part = value_of_write(backend.arrays, g, steps)
        walk.add(value, backend.copy(backend.asarray(projected(backend.arrays, part, value))))
    if base is not None:
        buffer = g
        if node not in walk.owned or (layout is not None and backend.layout(g) != layout):
            buffer = laid_out(backend.arrays, g, layout)
        *path, (_, (key,), _) = steps
        backend.write(follow(backend.arrays, buffer, tuple(path)), key, 0)
        walk.add(base, buffer, owned=True)
    walk.owned.discard(node)


rule_of(write).special = write_back


def may_repeat(key: Any) -> bool:
    """Whether a place can come twice: integer arrays alone can do that."""
    return any(
        hasattr(one, "dtype") and getattr(one, "shape", ()) != () and "int" in str(one.dtype)
        for one in (key if type(key) is tuple else (key,))
    ) or any(type(one) is list for one in (key if type(key) is tuple else (key,)))
