"""Numbers in steps, and the windows of signal processing."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as bare

from .. import array_api as xp
from ..array_api._helpers import anywhere
from ..backends import SCALARS
from ..core.tensor import Tensor, has_history
from ._dtypes import alike, as_dtype, doubles, dtype_for, floats
from ._inputs import is_floating, namespace, tensor

__all__ = [
    "arange",
    "blackman",
    "geomspace",
    "hamming",
    "hanning",
    "linspace",
    "logspace",
]


def arange(
    start_or_stop: Any = None,
    /,
    stop: Any = None,
    step: Any = 1,
    dtype: Any = None,
    *,
    start: Any = None,
    device: Any = None,
    like: Any = None,
) -> Tensor:
    """Evenly spaced values in a half-open interval: how many there are is constant.

    So value i is start + i step, and has these two derivatives.
    """
    if stop is None:
        start_or_stop, stop = None, start_or_stop
    if stop is None or None not in (start, start_or_stop):
        raise TypeError("arange takes stop, or start and stop, and a step")
    ends = (start_or_stop, start, 0)
    start, step = next(one for one in ends if one is not None), 1 if step is None else step
    tracked = [one for one in (start, stop, step) if type(one) is Tensor and has_history(one)]
    if like is None and tracked:
        like = tracked[0]
    numbers = [_number(one) for one in (start, stop, step)]
    if like is None:
        return xp.arange(*numbers, dtype=dtype_for(dtype, None), device=device)
    beside = tensor(like)
    made = namespace(beside).arange(*numbers, dtype=dtype_for(dtype, beside), device=beside.device)
    if not tracked or not is_floating(made):
        return made
    places = namespace(beside).arange(made.size, dtype=made.dtype, device=beside.device)
    return xp.astype(start + step * places, made.dtype)


def _number(value: Any) -> Any:
    return value.item() if type(value) is Tensor else value


def linspace(
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: Any = True,
    retstep: Any = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Any:
    """A number of evenly spaced values in an interval, whose ends may be arrays and Tensors."""
    one, other = xp.broadcast_arrays(*[floats(end) for end in alike(start, stop)])
    if device is not None:
        one, other = one.to_device(device), other.to_device(device)
    num = operator.index(num)
    if num < 0:
        raise ValueError(f"linspace: num is not negative, and {num} was given")
    parts = (num - 1) if endpoint else num
    step = (other - one) / (parts if parts > 0 else math.nan)
    place = namespace(one).arange(num, device=one.device)
    place = xp.astype(xp.reshape(place, (num, *(1,) * step.ndim)), step.dtype)
    out = one + place * step if parts > 0 else one + place * 0
    if endpoint and num > 1:  # the end itself, without rounding errors
        last = xp.reshape(other, (1, *other.shape))
        out = xp.concat([out[:-1, ...], last], axis=0)
    out = _of_dtype(out, dtype)
    out = xp.moveaxis(out, 0, axis) if axis else out
    return (out, step) if retstep else out


def _of_dtype(values: Tensor, dtype: Any) -> Tensor:
    """In a dtype: down to the next integer, as NumPy rounds what it spaces evenly."""
    dtype = values.dtype if dtype is None else dtype_for(dtype, values)
    if values._backend.arrays.isdtype(dtype, "integral"):
        values = xp.floor(values)
    return as_dtype(values, dtype)


def logspace(
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: Any = True,
    base: Any = 10.0,
    dtype: Any = None,
    axis: int = 0,
) -> Tensor:
    """Powers of a base (or of several, as the ends may be several) at evenly spaced exponents."""
    root = tensor(base, [start, stop])
    one, other = [floats(end) for end in alike(start, stop, like=root)]
    if root.ndim:
        one, other, root = xp.broadcast_arrays(one, other, root)
    exponents = linspace(one, other, num, endpoint)
    pair = (base, exponents) if type(base) in SCALARS else alike(root, exponents)
    out = xp.pow(*pair)
    out = xp.moveaxis(out, 0, axis) if axis else out
    return out if dtype is None else as_dtype(out, dtype_for(dtype, out))


def geomspace(
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: Any = True,
    dtype: Any = None,
    axis: int = 0,
) -> Tensor:
    """Values in an interval, each the same multiple of the one before (a spiral, if complex)."""
    one, other = xp.broadcast_arrays(*[doubles(end) for end in alike(start, stop)])
    if anywhere(xp, one == 0) or anywhere(xp, other == 0):
        raise ValueError("geomspace: a multiple of 0 is 0; give other ends")
    # Turned to where the first end is positive, and turned back.
    sign = xp.sign(one)
    exponents = linspace(xp.log10(one / sign), xp.log10(other / sign), num, endpoint)
    out = sign * xp.pow(10.0, exponents)
    ends = [xp.reshape(end, (1, *end.shape)) for end in (one, other)]
    last = 1 if endpoint and out.shape[0] > 1 else 0
    if out.shape[0]:  # the ends themselves, without rounding errors
        out = xp.concat([ends[0], out[1 : out.shape[0] - last, ...], *ends[1 : 1 + last]], axis=0)
    out = xp.moveaxis(out, 0, axis) if axis else out
    return out if dtype is None else as_dtype(out, dtype_for(dtype, out))


# ---- windows


def hanning(M: Any) -> Tensor:
    """The Hann window: a raised cosine, 0 at both ends."""
    return tensor(bare.hanning(operator.index(M)))


def hamming(M: Any) -> Tensor:
    """The Hamming window: a raised cosine that does not quite reach 0."""
    return tensor(bare.hamming(operator.index(M)))


def blackman(M: Any) -> Tensor:
    """The Blackman window: three cosines, flat at both ends."""
    return tensor(bare.blackman(operator.index(M)))
