"""Weighted means and covariances."""

from __future__ import annotations

import math
from typing import Any

from .. import array_api as xp
from ..array_api._helpers import anywhere
from ..core.tensor import Tensor
from ._axes import axes_of, normalize_axis
from ._dtypes import alike, doubles, floats
from ._inputs import is_complex

__all__ = ["average", "corrcoef", "cov", "weights_for"]

# ---- weighted means


def average(
    a: Any,
    axis: Any = None,
    weights: Any = None,
    returned: bool = False,
    *,
    keepdims: bool = False,
) -> Any:
    """Mean along axes, weighted; with `returned` a pair of it and the sum of the weights."""
    if weights is None:
        a = floats(a)
        out = xp.mean(a, axis=normalize_axis(axis, a.ndim), keepdims=keepdims)
        count = math.prod([a.shape[i] for i in axes_of(axis, a.ndim)])
        total = xp.full_like(out.detach(), count)
        return (out, total) if returned else out
    a, weights = [floats(one) for one in alike(a, weights)]
    weights = weights_for("average", a, axis, weights)
    axis = normalize_axis(axis, a.ndim)
    total = xp.sum(weights, axis=axis, keepdims=keepdims)
    if anywhere(xp, total == 0):
        raise ZeroDivisionError("average: the weights sum to zero, so there is no mean")
    out = xp.sum(a * weights, axis=axis, keepdims=keepdims) / total
    return (out, total) if returned else out


def weights_for(where: str, a: Tensor, axis: Any, weights: Tensor) -> Tensor:
    """Weights of an array's shape: as given, or given for the axes of the mean alone."""
    if weights.shape == a.shape:
        return weights
    axes = axes_of(axis, a.ndim)
    if axis is None or weights.shape != tuple([a.shape[i] for i in axes]):
        raise (TypeError if axis is None else ValueError)(
            f"{where}: weights of shape {weights.shape} fit neither the shape {a.shape} nor "
            f"axis {axis}"
        )
    in_order = xp.permute_dims(weights, tuple(sorted(range(len(axes)), key=axes.__getitem__)))
    sides = [side if i in axes else 1 for i, side in enumerate(a.shape)]
    return xp.broadcast_to(xp.reshape(in_order, tuple(sides)), a.shape)


# ---- covariances


def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Tensor:
    """Covariance matrix of variables in rows (in columns, if not `rowvar`)."""
    rows = _variables(m, rowvar, dtype, like=y)
    if y is not None:
        rows = xp.concat([rows, _variables(y, rowvar, dtype, like=m)], axis=0)
    ddof = (0 if bias else 1) if ddof is None else ddof
    weights, degrees = _weights_and_degrees(rows, ddof, fweights, aweights)
    rows = rows - xp.sum(rows * weights, axis=1, keepdims=True) / xp.sum(weights)
    columns = xp.matrix_transpose(rows * weights)
    products = xp.matmul(rows, xp.conj(columns) if is_complex(columns) else columns)
    out = products / xp.maximum(degrees, 0.0)
    return xp.reshape(out, ()) if out.shape == (1, 1) else out


def _variables(m: Any, rowvar: bool, dtype: Any, like: Any) -> Tensor:
    """The variables as rows, in double precision unless `dtype` says otherwise."""
    m = doubles(m, like=like) if dtype is None else floats(m, dtype, like=like)
    if m.ndim > 2:
        raise ValueError(f"cov: a matrix is needed, and the shape is {m.shape}")
    if m.ndim < 2:
        return xp.reshape(m, (1, -1))
    return m if rowvar else xp.matrix_transpose(m)


def _weights_and_degrees(
    rows: Tensor, ddof: float, fweights: Any, aweights: Any
) -> tuple[Tensor, Tensor]:
    """The weight of each observation, and what the sums of products are divided by."""
    real = xp.real(rows) if is_complex(rows) else rows
    counts = xp.ones_like(real[0, :]) if fweights is None else floats(fweights, real.dtype, rows)
    if aweights is None:
        return counts, xp.sum(counts) - ddof
    importance = floats(aweights, real.dtype, rows)
    weights = counts * importance
    total = xp.sum(weights)
    return weights, total - ddof * xp.sum(weights * importance) / total


def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Tensor:
    """Correlation coefficients of variables in rows (in columns, if not `rowvar`)."""
    c = cov(x, y, rowvar, dtype=dtype)
    if c.ndim == 0:
        return c / c
    diagonal = xp.linalg.diagonal(c)
    scale = xp.sqrt(xp.real(diagonal) if is_complex(diagonal) else diagonal)
    out = c / scale[:, None] / scale[None, :]
    # Rounding must not carry it out of [-1, 1].
    if is_complex(out):
        return xp.clip(xp.real(out), -1.0, 1.0) + 1j * xp.clip(xp.imag(out), -1.0, 1.0)
    return xp.clip(out, -1.0, 1.0)
