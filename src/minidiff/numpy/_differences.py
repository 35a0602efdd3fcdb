"""Differences, slopes and integrals of samples along an axis."""

from __future__ import annotations

from typing import Any

from .. import array_api as xp
from ..core.tensor import Tensor
from ._dtypes import alike, as_dtype, floats
from ._inputs import Axis, tensor
from ._reductions import axes_of


def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Tensor:
    """Differences of neighbours along an axis, n times."""
    a = tensor(a)
    ends = [None if end is None else _end(a, end, axis) for end in (prepend, append)]
    return xp.diff(a, axis=axis, n=n, prepend=ends[0], append=ends[1])


def _end(a: Tensor, value: Any, axis: int) -> Tensor:
    """What is put at an end of an axis: an array, or one number all along it."""
    value = tensor(value, a)
    if value.ndim:
        return value
    shape = list(a.shape)
    shape[axis] = 1
    return xp.broadcast_to(value, tuple(shape))


def gradient(f: Any, *varargs: Any, axis: Axis = None, edge_order: int = 1) -> Any:
    """Derivatives along axes from samples, by central differences of second order.

    `varargs` are the distances of samples or their coordinates, one for all axes or one for each.
    """
    f = floats(f)
    axes = axes_of(axis, f.ndim)
    if len(varargs) not in (0, 1, len(axes)):
        raise TypeError(f"gradient: {len(axes)} axes need as many spacings, not {len(varargs)}")
    if edge_order not in (1, 2):
        raise ValueError(f"gradient: edge_order is 1 or 2, not {edge_order}")
    spacings = varargs or (1.0,)
    spacings = spacings * len(axes) if len(spacings) == 1 else spacings
    outs = [_slopes(f, h, i, edge_order) for h, i in zip(spacings, axes, strict=True)]
    return outs[0] if len(outs) == 1 else tuple(outs)


def _slopes(f: Tensor, spacing: Any, axis: int, edge_order: int) -> Tensor:
    if f.shape[axis] < edge_order + 1:
        raise ValueError(f"gradient: along axis {axis} there have to be {edge_order + 1} samples")
    g = xp.moveaxis(f, axis, -1)
    h = _steps(f, spacing, axis)
    steep = (g[..., 1:] - g[..., :-1]) / h
    # Each inner sample: the slopes on both sides, that to the nearer neighbour counting more.
    inner = (steep[..., :-1] * h[1:] + steep[..., 1:] * h[:-1]) / (h[1:] + h[:-1])
    first, last = steep[..., :1], steep[..., -1:]
    if edge_order == 2:  # the slopes of the parabolas through the three samples at the ends
        first = first - (steep[..., 1:2] - first) / (h[0] + h[1]) * h[0]
        last = last + (last - steep[..., -2:-1]) / (h[-1] + h[-2]) * h[-1]
    out = xp.moveaxis(xp.concat([first, inner, last], axis=-1), -1, axis)
    return as_dtype(out, f.dtype)


def _steps(f: Tensor, spacing: Any, axis: int) -> Tensor:
    """The distances of neighbours along an axis, from one distance or from all coordinates."""
    count = f.shape[axis]
    _, spacing = alike(f, spacing)
    if spacing.ndim == 0:
        return xp.broadcast_to(spacing, (count - 1,))
    if spacing.shape != (count,):
        raise ValueError(
            f"gradient: the coordinates along axis {axis} have the shape {spacing.shape}, and "
            f"there are {count} samples"
        )
    return xp.diff(spacing)


def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Tensor:
    """The integral of samples along an axis, by the trapezoidal rule."""
    y = xp.moveaxis(floats(y, like=x), axis, -1)
    width = dx
    if x is not None:
        x = tensor(x, y)
        width = xp.diff(x if x.ndim == 1 else xp.moveaxis(x, axis, -1))
    return xp.sum(width * (y[..., 1:] + y[..., :-1]), axis=-1) / 2.0
