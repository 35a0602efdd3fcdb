"""Medians and quantiles, of all elements or of those that are no nan.

The gradient goes to the elements that a quantile lies at or between; which ones these are does not
move. So the slope in q is that of the piece between them, at an element that of the piece above it
(at the last one 0), and that of a method that goes in steps is 0, in q as in weights.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .. import array_api as xp
from ..array_api._helpers import anywhere
from ..backends import SCALARS
from ..core.tensor import Tensor
from ._dtypes import alike, as_dtype, doubles, floats
from ._inputs import into, is_complex, is_floating, namespace, tensor
from ._reductions import as_lines
from ._statistics import weights_for

__all__ = [
    "median",
    "nanmedian",
    "nanpercentile",
    "nanquantile",
    "percentile",
    "quantile",
]

# R. J. Hyndman and Y. Fan, "Sample Quantiles in Statistical Packages", The American Statistician 50
# (1996): the place of a quantile among n elements in order, from 1 on, is n p + α + p (1 - α - β).
# Its fraction g is how far to go from the element before it to the one after.
BETWEEN: dict[str, tuple[float, float]] = {
    "interpolated_inverted_cdf": (0, 1),
    "hazen": (0.5, 0.5),
    "weibull": (0, 0),
    "linear": (1, 1),
    "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8),
}
# The others go in steps: by g, and by the number (from 0 on) of the element before the place.
Step = Callable[[Tensor, Tensor], Tensor]
STEPS: dict[str, tuple[float, float, Step]] = {
    "inverted_cdf": (0, 1, lambda g, below: xp.ceil(g)),
    "averaged_inverted_cdf": (0, 1, lambda g, below: (1.0 + xp.ceil(g)) / 2.0),
    "closest_observation": (
        -0.5,
        1.5,
        lambda g, below: xp.maximum(xp.ceil(g), (below + 1.0) % 2.0),
    ),
    "lower": (1, 1, lambda g, below: xp.zeros_like(g)),
    "higher": (1, 1, lambda g, below: xp.ceil(g)),
    "midpoint": (1, 1, lambda g, below: xp.ceil(g) / 2.0),
    "nearest": (1, 1, lambda g, below: xp.round(below + g) - below),
}
# Of which an element itself is the result, whatever its dtype.
CHOOSING = {"inverted_cdf", "closest_observation", "lower", "higher", "nearest"}


def median(
    a: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    keepdims: bool = False,
) -> Tensor:
    """The middle element in order, or the mean of the middle two; nan if any element is."""
    lines, shape = as_lines(_ordered(floats(a)), axis, keepdims)
    half, odd = divmod(lines.shape[-1], 2)
    # A mean, not `quantile`: between two infinities that has the difference inf - inf.
    middle = xp.sort(lines, axis=-1)[..., max(half - 1 + odd, 0) : half + 1]
    return into(out, xp.reshape(_nan_if_any(lines, xp.mean(middle, axis=-1)), shape))


def nanmedian(
    a: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    keepdims: bool = False,
) -> Tensor:
    """The median of the elements that are no nan; nan where there is none."""
    lines, shape = as_lines(_ordered(floats(a)), axis, keepdims)
    if not lines.shape[-1]:
        return median(a, axis, out, keepdims=keepdims)
    ordered, count = xp.sort(lines, axis=-1), _numbers_in(lines)
    places = xp.concat([xp.maximum(count - 1, 0) // 2, count // 2], axis=-1)
    places = xp.minimum(places, xp.maximum(count - 1, 0))
    middle = xp.take_along_axis(ordered, places, axis=-1)
    return into(out, xp.reshape(xp.mean(middle, axis=-1), shape))


def percentile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: Any = None,
) -> Tensor:
    """`quantile` of q / 100."""
    share = _share(q, a)
    return quantile(a, share, axis, out, overwrite_input, method, keepdims, weights=weights)


def nanpercentile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: Any = None,
) -> Tensor:
    """`nanquantile` of q / 100."""
    share = _share(q, a)
    return nanquantile(a, share, axis, out, overwrite_input, method, keepdims, weights=weights)


def _share(q: Any, like: Any) -> Any:
    return q / 100 if type(q) in SCALARS else doubles(q, like=like) / 100


def quantile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: Any = None,
) -> Tensor:
    """The value below which a share q of the elements lies; nan if any element is.

    `method` says what it is between two elements, as in `numpy.quantile`.
    """
    return into(out, _quantiles(a, q, axis, method, keepdims, weights, drop=False))


def nanquantile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: Any = None,
) -> Tensor:
    """`quantile` of the elements that are no nan; nan where there is none."""
    return into(out, _quantiles(a, q, axis, method, keepdims, weights, drop=True))


def _quantiles(
    a: Any, q: Any, axis: Any, method: str, keepdims: bool, weights: Any, drop: bool
) -> Tensor:
    if method not in BETWEEN and method not in STEPS:
        names = ", ".join([*BETWEEN, *STEPS])
        raise ValueError(f"quantile: method is one of {names}, not {method!r}")
    if method in CHOOSING:
        a = _ordered(tensor(a, [q, weights]))
    else:
        a, _ = alike(_ordered(floats(a, like=[q, weights])), q)
    q = doubles(q, like=a)
    q = q if method in BETWEEN else q.detach()
    if anywhere(xp, ~((q >= 0) & (q <= 1))):
        raise ValueError("quantile: q lies between 0 and 1 (for percentile between 0 and 100)")
    lines, shape = as_lines(a, axis, keepdims)
    if weights is None:
        found = _at(lines, xp.reshape(q, (-1,)), method, drop)
    elif method != "inverted_cdf":
        raise ValueError(f"quantile: weights need method='inverted_cdf', not {method!r}")
    else:
        heavy = weights_for("quantile", a, axis, floats(weights, like=a).detach())
        found = _weighted(lines, xp.reshape(q, (-1,)), as_lines(heavy, axis)[0])
    if not drop and is_floating(lines):
        found = _nan_if_any(lines[..., None, :], found)
    return xp.reshape(xp.moveaxis(found, -1, 0), (*q.shape, *shape))


def _at(lines: Tensor, q: Tensor, method: str, drop: bool) -> Tensor:
    """The quantiles of each line, as the last axis."""
    ordered = xp.sort(lines, axis=-1)
    count: Any = lines.shape[-1]
    if drop and is_floating(lines):
        count = as_dtype(_numbers_in(lines), q.dtype)
    alpha, beta = BETWEEN[method] if method in BETWEEN else STEPS[method][:2]
    if alpha == beta == 1:  # fewer roundings, so that the place of an element is that exactly
        place = (count - 1.0) * q
    else:
        place = count * q + (alpha + q * (1 - alpha - beta)) - 1.0
    below = xp.floor(place)
    share = place - below if method in BETWEEN else STEPS[method][2](place - below, below)
    last = xp.maximum(count - 1.0, 0.0) if type(count) is Tensor else max(count - 1.0, 0.0)
    low, high = [
        _elements(ordered, xp.minimum(xp.maximum(one, 0.0), last)) for one in (below, below + 1.0)
    ]
    if method in CHOOSING:
        return xp.where(share > 0.5, high, low)
    return low + (high - low) * as_dtype(share, low.dtype)


def _elements(ordered: Tensor, places: Tensor) -> Tensor:
    """Elements of each line: at the same places in all of them, or at each line's own."""
    places = xp.astype(places, namespace(places).int64)
    if places.ndim == 1:
        return xp.take(ordered, places, axis=-1)
    return xp.take_along_axis(ordered, places, axis=-1)


def _weighted(lines: Tensor, q: Tensor, weights: Tensor) -> Tensor:
    """The first elements of each line up to which a share q of the weight lies."""
    if anywhere(xp, ~(weights >= 0)):
        raise ValueError("quantile: a weight is not negative, and no nan")
    if is_floating(lines):
        weights = xp.where(xp.isnan(lines), 0.0, weights)
    order = xp.argsort(lines, axis=-1)
    heavy = xp.cumulative_sum(xp.take_along_axis(weights, order, axis=-1), axis=-1)
    if anywhere(xp, ~(heavy[..., -1] > 0)):
        raise ValueError("quantile: the weights sum to zero, so there is no quantile")
    share = (heavy / heavy[..., -1:])[..., None, :]
    light = (share < q[:, None]) | (share == 0)
    places = xp.count_nonzero(light, axis=-1)
    return xp.take_along_axis(xp.take_along_axis(lines, order, axis=-1), places, axis=-1)


def _ordered(a: Tensor) -> Tensor:
    if is_complex(a):
        raise TypeError(f"median and quantile need an order, which {a.dtype} has not")
    return a


def _numbers_in(lines: Tensor) -> Tensor:
    """How many elements of each line are no nan."""
    return xp.count_nonzero(xp.equal(lines, lines), axis=-1, keepdims=True)


def _nan_if_any(lines: Tensor, out: Tensor) -> Tensor:
    return xp.where(xp.any(xp.isnan(lines), axis=-1), math.nan, out)
