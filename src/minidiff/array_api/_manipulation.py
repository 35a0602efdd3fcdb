"""Shape and order. Most of these are views: what they show is the array's own memory."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..core.words import composite, linear, nondifferentiable, view
from ._helpers import axes_within, axis_numbers
from ._indexing import places_of, scatter_places

if TYPE_CHECKING:
    from ..core.tensor import Tensor


@linear(x=lambda xp, g, x_shape: xp.reshape(g, x_shape))
@view
def reshape(xp: Any, x: Tensor, /, shape: tuple[int, ...], *, copy: bool | None = None) -> Tensor:
    """The same elements in another shape."""
    ...


def inverse(axes: tuple[int, ...]) -> tuple[int, ...]:
    """The permutation that undoes another."""
    normal = [axis % len(axes) for axis in axes]
    return tuple(normal.index(i) for i in range(len(axes)))


@linear(x=lambda xp, g, axes: xp.permute_dims(g, inverse(axes)))
@view
def permute_dims(xp: Any, x: Tensor, /, axes: tuple[int, ...]) -> Tensor:
    """The axes in another order."""
    ...


@linear(x=lambda g: g)
@view
def broadcast_to(xp: Any, x: Tensor, /, shape: tuple[int, ...]) -> Tensor:
    """The array stretched to a shape; read-only."""
    ...


@composite
def broadcast_arrays(xp: Any, *arrays: Tensor) -> tuple[Tensor, ...]:
    """The arrays stretched to their common shape."""
    shape = xp.broadcast_shapes(*[x.shape for x in arrays])
    return tuple(x if x.shape == shape else xp.broadcast_to(x, shape) for x in arrays)


@nondifferentiable
def broadcast_shapes(xp: Any, *shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that arrays of some shapes broadcast to."""
    out: list[int] = []
    for shape in shapes:
        sides = [1] * (len(out) - len(shape)) + list(shape)
        out = [1] * (len(sides) - len(out)) + out
        for axis, side in enumerate(sides):
            if out[axis] == 1:
                out[axis] = side
            elif side not in (1, out[axis]):
                raise ValueError(
                    f"broadcast_shapes: {', '.join(map(str, shapes))} do not broadcast"
                )
    return tuple(out)


@composite
def expand_dims(xp: Any, x: Tensor, /, axis: int | tuple[int, ...]) -> Tensor:
    """New axes of length one."""
    axes = axis_numbers(axis)
    ndim = x.ndim + len(axes)
    if not all(-ndim <= a < ndim for a in axes):
        raise IndexError(f"expand_dims: axis {axis} is out of range for a result of {ndim} axes")
    normal = {a % ndim for a in axes}
    if len(normal) < len(axes):
        raise ValueError(f"expand_dims: axis {axis} names an axis twice")
    return x[tuple(None if i in normal else slice(None) for i in range(ndim))]


@composite
def squeeze(xp: Any, x: Tensor, /, axis: int | tuple[int, ...]) -> Tensor:
    """Without axes of length one."""
    normal = axes_within("squeeze", axis, x.shape)
    if any(x.shape[a] != 1 for a in normal):
        raise ValueError(f"squeeze: shape {x.shape} has another length than 1 along axis {axis}")
    return xp.reshape(x, tuple(side for i, side in enumerate(x.shape) if i not in normal))


@composite
def flip(xp: Any, x: Tensor, /, *, axis: int | tuple[int, ...] | None = None) -> Tensor:
    """The elements in reverse order along axes."""
    normal = axes_within("flip", range(x.ndim) if axis is None else axis, x.shape)
    back = slice(None, None, -1)
    return x[tuple(back if i in normal else slice(None) for i in range(x.ndim))]


@composite
def moveaxis(
    xp: Any, x: Tensor, source: int | tuple[int, ...], destination: int | tuple[int, ...], /
) -> Tensor:
    """Some axes moved to other places, the others in their order."""
    sources = axes_within("moveaxis", source, x.shape)
    destinations = axes_within("moveaxis", destination, x.shape)
    if len(sources) != len(destinations):
        raise ValueError(f"moveaxis: {source} and {destination} differ in length")
    moved = dict(zip(destinations, sources, strict=True))
    if len(moved) < len(sources) or len(set(sources)) < len(sources):
        raise ValueError(f"moveaxis: {source} or {destination} names an axis twice")
    others = iter([axis for axis in range(x.ndim) if axis not in moved.values()])
    return xp.permute_dims(
        x, tuple(moved[i] if i in moved else next(others) for i in range(x.ndim))
    )


@composite
def unstack(xp: Any, x: Tensor, /, *, axis: int = 0) -> tuple[Tensor, ...]:
    """The slices along an axis."""
    (axis,) = axes_within("unstack", axis, x.shape)
    before = (slice(None),) * axis
    rest = (...,) if x.ndim > 1 else ()  # as iteration has it
    return tuple(x[(*before, i, *rest)] for i in range(x.shape[axis]))


def concat_arrays(
    xp: Any, g: Any, arrays_shape: list[tuple[int, ...]], axis: int | None
) -> list[Any]:
    # Each gets the stretch of g that it filled.
    if axis is None:
        g, axis = xp.reshape(g, (-1,)), 0
        lengths = [_size(shape) for shape in arrays_shape]
    else:
        axis = operator.index(axis) % g.ndim
        lengths = [shape[axis] for shape in arrays_shape]
    before = (slice(None),) * axis
    parts, start = [], 0
    for shape, length in zip(arrays_shape, lengths, strict=True):
        parts.append(xp.reshape(g[(*before, slice(start, start + length), ...)], shape))
        start += length
    return parts


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for side in shape:
        size *= side
    return size


@linear(arrays=concat_arrays)
def concat(xp: Any, arrays: Sequence[Tensor], /, *, axis: int | None = 0) -> Tensor:
    """The arrays one after another along an axis that they have."""
    ...


def stack_arrays(xp: Any, g: Any, axis: int) -> list[Any]:
    axis = operator.index(axis) % g.ndim
    before = (slice(None),) * axis
    return [g[(*before, i, ...)] for i in range(g.shape[axis])]


@linear(arrays=stack_arrays)
def stack(xp: Any, arrays: Sequence[Tensor], /, *, axis: int = 0) -> Tensor:
    """The arrays one after another along a new axis."""
    ...


def repeat_x(xp: Any, g: Any, x_shape: tuple[int, ...], repeats: Any, axis: int | None) -> Any:
    places = xp.repeat(places_of(xp, x_shape, g), repeats, axis=axis)
    return scatter_places(xp, g, places, x_shape)


@linear(x=repeat_x)
def repeat(xp: Any, x: Tensor, repeats: int | Tensor, /, *, axis: int | None = None) -> Tensor:
    """Each element several times."""
    ...


def roll_x(xp: Any, g: Any, shift: Any, axis: Any) -> Any:
    back = tuple(-one for one in shift) if isinstance(shift, tuple | list) else -shift
    return xp.roll(g, back, axis=axis)


@linear(x=roll_x)
def roll(
    xp: Any,
    x: Tensor,
    /,
    shift: int | tuple[int, ...],
    *,
    axis: int | tuple[int, ...] | None = None,
) -> Tensor:
    """The elements shifted along axes; what leaves at one end comes back at the other."""
    ...


def tile_x(xp: Any, g: Any, x_shape: tuple[int, ...], repetitions: tuple[int, ...]) -> Any:
    return scatter_places(xp, g, xp.tile(places_of(xp, x_shape, g), repetitions), x_shape)


@linear(x=tile_x)
def tile(xp: Any, x: Tensor, repetitions: tuple[int, ...], /) -> Tensor:
    """The array several times, side by side."""
    ...
