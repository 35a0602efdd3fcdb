"""Along a line of samples: convolution, correlation and interpolation."""

from __future__ import annotations

from typing import Any

from .. import array_api as xp
from ..core.tensor import Tensor
from ._dtypes import alike_arrays, doubles
from ._inputs import is_complex, namespace
from ._manipulation import at_least, ravel

__all__ = ["convolve", "correlate", "interp"]


def convolve(a: Any, v: Any, mode: str = "full") -> Tensor:
    """The discrete convolution of two vectors; mode 'full', 'same' or 'valid'."""
    a, v = _vectors("convolve", a, v)
    if v.shape[0] > a.shape[0]:
        a, v = v, a
    return _part("convolve", _convolution(a, v), a.shape[0], v.shape[0], mode)


def correlate(a: Any, v: Any, mode: str = "valid") -> Tensor:
    """The cross-correlation of two vectors: the convolution with the second one reversed."""
    a, v = _vectors("correlate", a, v)
    v = xp.flip(xp.conj(v) if is_complex(v) else v)
    n, m = a.shape[0], v.shape[0]
    if n >= m:
        return _part("correlate", _convolution(a, v), n, m, mode)
    # Seen from the other end, as the shorter one moves past the longer one.
    backwards = _part("correlate", xp.flip(_convolution(v, a)), m, n, mode)
    return xp.flip(backwards)


def _vectors(where: str, a: Any, v: Any) -> list[Tensor]:
    a, v = [at_least(one, 1) for one in alike_arrays(a, v)]
    if a.ndim > 1 or v.ndim > 1 or not a.size or not v.size:
        raise ValueError(
            f"{where} takes two vectors that are not empty, and the shapes are {a.shape} and "
            f"{v.shape}"
        )
    return [a, v]


def _convolution(a: Tensor, v: Tensor) -> Tensor:
    """The whole convolution; the second vector is not longer."""
    n, m = a.shape[0], v.shape[0]
    # Each row a shifted piece of the longer vector: the sum of products with the shorter one.
    edge = namespace(a).zeros((m - 1,), dtype=a.dtype, device=a.device)
    padded = xp.concat([edge, a, edge])
    places = namespace(a).arange(n + m - 1, device=a.device)
    places = places[:, None] + places[None, :m]
    pieces = xp.take(padded, xp.reshape(places, (-1,)), axis=0)
    return xp.matmul(xp.reshape(pieces, (n + m - 1, m)), xp.flip(v))


def _part(where: str, whole: Tensor, n: int, m: int, mode: str) -> Tensor:
    """That part of a convolution of n elements with m, not more, which `mode` asks for."""
    if mode == "full":
        return whole
    if mode == "same":
        return whole[(m - 1) // 2 : (m - 1) // 2 + n]
    if mode != "valid":
        raise ValueError(f"{where}: mode is 'full', 'same' or 'valid', not {mode!r}")
    return whole[m - 1 : n]


def interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Tensor:
    """Linear interpolation between points (xp, fp) of increasing xp; flat beyond the ends.

    With a `period` the points may be in any order, and go on from both ends.
    """
    x, points, values = [doubles(one, like=(x, xp, fp)) for one in (x, xp, fp)]
    if points.ndim != 1 or points.shape != values.shape or not points.size:
        raise ValueError(
            f"interp: xp and fp are vectors of one length, and the shapes are {points.shape} and "
            f"{values.shape}"
        )
    if period is not None:
        x, points, values = _periodic(x, points, values, period)
        left = right = None
    return _interpolated(x, points, values, left, right)


def _periodic(x: Tensor, points: Tensor, values: Tensor, period: Any) -> list[Tensor]:
    """One period of points in order, and those next to it on either side."""
    if period == 0:
        raise ValueError("interp: a period is not 0")
    period = abs(period)
    order = xp.argsort((points % period).detach())
    points, values = xp.take(points % period, order), xp.take(values, order)
    points = xp.concat([points[-1:] - period, points, points[:1] + period])
    return [x % period, points, xp.concat([values[-1:], values, values[:1]])]


def _interpolated(x: Tensor, points: Tensor, values: Tensor, left: Any, right: Any) -> Tensor:
    if points.shape[0] == 1:  # there is one value, wherever one looks
        points, values = xp.concat([points, points + 1.0]), xp.concat([values, values])
    flat = ravel(x)
    upper = xp.searchsorted(points.detach(), flat.detach(), side="right")
    upper = xp.clip(upper, 1, points.shape[0] - 1)
    lower = upper - 1
    x0, x1 = xp.take(points, lower, axis=0), xp.take(points, upper, axis=0)
    y0, y1 = xp.take(values, lower, axis=0), xp.take(values, upper, axis=0)
    out = y0 + (flat - x0) * ((y1 - y0) / (x1 - x0))
    first = values[0, ...] if left is None else left
    last = values[-1, ...] if right is None else right
    out = xp.where(flat < points[0, ...], first, out)
    out = xp.where(flat > points[-1, ...], last, out)
    out = xp.where(flat == points[-1, ...], values[-1, ...], out)
    return xp.reshape(out, x.shape)
