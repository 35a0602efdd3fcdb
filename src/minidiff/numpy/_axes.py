"""Axes, sizes and shapes as NumPy takes them: Python's integers, NumPy's, and 0-d Tensors."""

from __future__ import annotations

import operator
from typing import Any

from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from .. import array_api as xp
from ..core.tensor import Tensor

__all__ = [
    "Axis",
    "as_shape",
    "axes_of",
    "check_order",
    "flat_if_none",
    "normalize_axis",
    "reduced_axis",
]

Axis = int | tuple[int, ...] | None


def normalize_axis(axis: Any, ndim: int) -> Any:
    """An `axis` argument (None, one, or a tuple) in Python's integers from 0 on.

    Out of range it is a numpy.exceptions.AxisError, whatever the library of the array.
    """
    if axis is None:
        return None
    if isinstance(axis, tuple):
        return normalize_axis_tuple(axis, ndim)
    return normalize_axis_index(axis, ndim)


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """An `axis` argument as a tuple, of all axes if None; a list is taken too."""
    return tuple(range(ndim)) if axis is None else normalize_axis_tuple(axis, ndim)


def reduced_axis(axis: Any, ndim: int) -> Any:
    """`normalize_axis`, where a number may be reduced along axis 0 as if it had one."""
    found = normalize_axis(axis, max(ndim, 1))
    return found if ndim or found != 0 else None


def flat_if_none(a: Tensor, axis: Any) -> tuple[Tensor, int]:
    """The array and an axis of it; laid flat where the axis is None."""
    if axis is None:
        return xp.reshape(a, (-1,)), 0
    return a, normalize_axis_index(axis, a.ndim)


def as_shape(shape: Any) -> tuple[int, ...]:
    """A shape, given as one length or as several."""
    if isinstance(shape, tuple | list | range) or getattr(shape, "ndim", 0) > 0:
        return tuple([operator.index(side) for side in shape])
    return (operator.index(shape),)


def check_order(where: str, order: Any) -> str:
    """Whether a word stands for C's order of elements or Fortran's: 'C' or 'F'.

    Where an array is made it changes nothing but is checked: how it lies in memory is the library's
    business, and nobody sees it.
    """
    if order not in ("C", "F", "A", "K", None):
        raise ValueError(f"{where}: order is 'C', 'F', 'A' or 'K', not {order!r}")
    return "F" if order == "F" else "C"
