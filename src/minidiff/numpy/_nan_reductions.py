"""Reductions that leave nan out."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .. import array_api as xp
from ..core.tensor import Tensor
from ._axes import reduced_axis
from ._dtypes import floats
from ._inputs import into, is_floating, tensor
from ._reductions import (
    cumprod,
    cumsum,
    degrees_of,
    elements,
    left_in,
    max,
    min,
    prod,
    root_of,
    squares_of,
    sum,
)

__all__ = [
    "nancumprod",
    "nancumsum",
    "nanmax",
    "nanmean",
    "nanmin",
    "nanprod",
    "nanstd",
    "nansum",
    "nanvar",
]


def _without_nan(a: Any, fill: float, where: Any = None) -> tuple[Tensor, Tensor]:
    """The array with a number in place of nan, and which elements are no nan and not left out."""
    a = tensor(a)
    good = xp.equal(a, a)
    if where is not None and where is not True:
        good = xp.logical_and(good, tensor(where, a))
        return left_in(a, good, fill), good
    return (xp.where(good, a, fill) if is_floating(a) else a), good


def nansum(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = None,
) -> Tensor:
    """Sum along axes, nan taken for 0."""
    return sum(_without_nan(a, 0.0)[0], axis, dtype, out, keepdims, initial, where)


def nanprod(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = None,
) -> Tensor:
    """Product along axes, nan taken for 1."""
    return prod(_without_nan(a, 1.0)[0], axis, dtype, out, keepdims, initial, where)


def nancumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Tensor:
    """Running sum along an axis, nan taken for 0."""
    return cumsum(_without_nan(a, 0.0)[0], axis, dtype, out)


def nancumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Tensor:
    """Running product along an axis, nan taken for 1."""
    return cumprod(_without_nan(a, 1.0)[0], axis, dtype, out)


def nanmax(
    a: Any,
    axis: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = None,
) -> Tensor:
    """Largest element along axes that is no nan; nan where there is none."""
    return into(out, _extreme(max, a, -math.inf, axis, keepdims, initial, where))


def nanmin(
    a: Any,
    axis: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = None,
) -> Tensor:
    """Smallest element along axes that is no nan; nan where there is none."""
    return into(out, _extreme(min, a, math.inf, axis, keepdims, initial, where))


def _extreme(
    function: Callable[..., Tensor],
    a: Any,
    fill: float,
    axis: Any,
    keepdims: bool,
    initial: Any,
    where: Any,
) -> Tensor:
    filled, good = _without_nan(a, fill)
    out = function(filled, axis, None, keepdims, initial, where)
    if initial is not None or not is_floating(out):
        return out
    axis = reduced_axis(axis, good.ndim)
    return xp.where(xp.any(good, axis=axis, keepdims=keepdims), out, math.nan)


def nanmean(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    *,
    where: Any = None,
) -> Tensor:
    """Mean along axes of the elements that are no nan."""
    filled, good = _without_nan(floats(a, dtype), 0.0, where)
    axis = reduced_axis(axis, filled.ndim)
    total = xp.sum(filled, axis=axis, keepdims=keepdims)
    return into(out, total / elements(filled, axis, keepdims, good))


def nanvar(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: Any = None,
    mean: Any = None,
    correction: float | None = None,
) -> Tensor:
    """Variance along axes of the elements that are no nan; nan where there are ddof or fewer."""
    ddof = degrees_of("nanvar", ddof, correction)
    filled, good = _without_nan(floats(a, dtype), 0.0, where)
    axis = reduced_axis(axis, filled.ndim)
    if mean is None:
        total = xp.sum(filled, axis=axis, keepdims=True)
        mean = total / elements(filled, axis, True, good)
    deviations = xp.where(good, filled - tensor(mean, filled), 0.0)
    squares = xp.sum(squares_of(deviations), axis=axis, keepdims=keepdims)
    count = elements(filled, axis, keepdims, good) - ddof
    enough = count > 0
    return into(out, xp.where(enough, squares / xp.where(enough, count, 1.0), math.nan))


def nanstd(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: Any = None,
    mean: Any = None,
    correction: float | None = None,
) -> Tensor:
    """Standard deviation along axes of the elements that are no nan."""
    ddof = degrees_of("nanstd", ddof, correction)
    return into(out, root_of(nanvar(a, axis, dtype, None, ddof, keepdims, where=where, mean=mean)))
