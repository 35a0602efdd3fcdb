"""Polynomials by their coefficients, the highest first."""

from __future__ import annotations

import operator
import warnings
from typing import Any

import numpy as bare

from .. import array_api as xp
from ..array_api._helpers import anywhere
from ..core.tensor import Tensor
from ._dtypes import alike, as_dtype, floats, promoted
from ._inputs import namespace, tensor, tensors
from .linalg import inv, lstsq

__all__ = ["polyfit", "polyval", "vander"]


def vander(x: Any, N: Any = None, increasing: bool = False) -> Tensor:
    """The powers of a vector as columns, the highest first."""
    x = tensor(x)
    x = as_dtype(x, promoted(x, x.dtype, namespace(x).int64))  # as NumPy has it: powers are large
    if x.ndim != 1:
        raise ValueError(f"vander takes a vector, and the shape is {x.shape}")
    count = x.shape[0] if N is None else operator.index(N)
    if count == 0:
        return namespace(x).zeros((x.shape[0], 0), dtype=x.dtype, device=x.device)
    columns = [xp.ones_like(x)]
    for _ in range(count - 1):
        columns.append(columns[-1] * x)
    return xp.stack(columns if increasing else columns[::-1], axis=1)


def polyval(p: Any, x: Any) -> Tensor:
    """The values of a polynomial, by Horner's scheme."""
    p, x = tensors(p, x)
    if not p.size:
        return xp.zeros_like(x)
    p, x = alike(p, x)
    out = xp.zeros_like(x)
    for coefficient in xp.unstack(p):
        out = out * x + coefficient
    return out


def polyfit(
    x: Any,
    y: Any,
    deg: Any,
    rcond: float | None = None,
    full: bool = False,
    w: Any = None,
    cov: Any = False,
) -> Any:
    """The polynomial that fits points best, by least squares; differentiable in the points.

    Parameters
    ----------
    x, y : array
        The points; y may have several columns.
    deg : int
        The degree.
    rcond : float, optional
        Singular values below that share of the largest count as 0.
    full : bool
        Return the residuals, the rank, the singular values and rcond too.
    w : array, optional
        Weights of the (unsquared) distances.
    cov : bool or 'unscaled'
        Return the covariances of the coefficients too; 'unscaled' takes the weights for the
        inverse of standard deviations.
    """
    x, y = floats(x, like=y), floats(y, like=x)
    degree = operator.index(deg)
    if degree < 0:
        raise ValueError(f"polyfit: deg is not negative, and {degree} was given")
    if x.ndim != 1 or not x.size or y.ndim not in (1, 2) or x.shape != y.shape[:1]:
        raise TypeError(
            f"polyfit: x is a vector, and y of its length; the shapes are {x.shape} and {y.shape}"
        )
    rows, right = alike(vander(x, degree + 1), y)
    if w is not None:
        w, _ = alike(floats(w, like=x), rows)
        rows, right = rows * w[:, None], right * (w if y.ndim == 1 else w[:, None])
    # Columns of one length; what that is does not change the result, and is a constant.
    scale = xp.sqrt(xp.sum(rows.detach() ** 2, axis=0))
    share = x.shape[0] * float(namespace(x).finfo(x.dtype).eps) if rcond is None else rcond
    found, residuals, rank, singular = lstsq(rows / scale, right, share)
    coefficients = found / (scale if y.ndim == 1 else scale[:, None])
    if full:
        return coefficients, residuals, rank, singular, share
    if anywhere(xp, xp.asarray(rank <= degree)):
        warnings.warn("polyfit: the points do not settle it", bare.exceptions.RankWarning, 2)
    if not cov:
        return coefficients
    products = inv(xp.matmul(xp.matrix_transpose(rows), rows))
    if cov == "unscaled":
        return coefficients, products if y.ndim == 1 else products[:, :, None]
    free = x.shape[0] - degree - 1
    if free <= 0:
        raise ValueError(f"polyfit: for covariances there have to be more than {degree + 1} points")
    variance = residuals / free
    return coefficients, (products if y.ndim == 1 else products[:, :, None]) * variance
