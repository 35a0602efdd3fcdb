"""Differences, slopes and integrals of samples along an axis."""

from __future__ import annotations

import math
import operator
from typing import Any

from .. import array_api as xp
from ..core.tensor import Tensor
from ._axes import axes_of, normalize_axis
from ._dtypes import alike, as_dtype, cast, floats
from ._inputs import is_floating, tensor
from ._manipulation import ravel

__all__ = ["diff", "ediff1d", "gradient", "trapezoid", "unwrap"]


def diff(a: Any, n: Any = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Tensor:
    """Differences of neighbours along an axis, n times."""
    a = tensor(a, [prepend, append])
    axis = normalize_axis(axis, a.ndim)
    given = [tensor(end, a) for end in (prepend, append) if end is not None]
    a, *ends = alike(a, *given)
    made = iter([_end(a, end, axis) for end in ends])
    first, last = [None if end is None else next(made) for end in (prepend, append)]
    return xp.diff(a, axis=axis, n=operator.index(n), prepend=first, append=last)


def _end(a: Tensor, value: Tensor, axis: int) -> Tensor:
    """What is put at an end of an axis: an array, or one number all along it."""
    if value.ndim:
        return value
    return xp.broadcast_to(value, (*a.shape[:axis], 1, *a.shape[axis + 1 :]))


def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Tensor:
    """Differences of neighbours of all elements in order, with numbers before and after them."""
    flat = ravel(tensor(ary, [to_end, to_begin]))
    parts = [xp.diff(flat)]
    if to_begin is not None:
        parts.insert(0, ravel(cast(tensor(to_begin, flat), flat.dtype)))
    if to_end is not None:
        parts.append(ravel(cast(tensor(to_end, flat), flat.dtype)))
    return xp.concat(parts)


def unwrap(p: Any, discont: Any = None, axis: int = -1, *, period: float = 2 * math.pi) -> Tensor:
    """Angles without jumps: each moved by whole periods to within half of one of its neighbour."""
    p = tensor(p)
    p = p if not is_floating(p) and isinstance(period, int) else floats(p)
    axis = normalize_axis(axis, p.ndim)
    half = period / 2 if is_floating(p) else period // 2
    steps = xp.diff(p.detach(), axis=axis)
    short = (steps + half) % period - half
    if 2 * half == period:  # half a period up is as near as half a period down
        short = xp.where((short == -half) & (steps > 0), half, short)
    jumps = xp.abs(steps) * 2 >= period if discont is None else xp.abs(steps) >= discont
    moved = xp.cumulative_sum(xp.where(jumps, short - steps, 0), axis=axis)
    first = xp.zeros_like(p[(*(slice(None),) * axis, slice(0, 1), ...)])
    return p + xp.concat([first.detach(), as_dtype(moved, p.dtype)], axis=axis)


def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
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
    y = floats(y, like=[x, dx])
    axis = normalize_axis(axis, y.ndim)
    if x is None:
        y, width = alike(y, dx)
    else:
        y, x = alike(y, x)
        width = xp.diff(x if x.ndim == 1 else xp.moveaxis(x, axis, -1))
    y = xp.moveaxis(y, axis, -1)
    return xp.sum(width * (y[..., 1:] + y[..., :-1]), axis=-1) / 2.0
