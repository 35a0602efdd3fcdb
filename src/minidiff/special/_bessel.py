"""Bessel functions, DLMF 10."""

from __future__ import annotations

from typing import Any

from ..core.tensor import Tensor
from ..core.words import elementwise
from ..numpy._ufuncs import ufunc
from ._values import none, of, values


# DLMF 10.6.1.
def jv_x(g: Any, v: Any, x: Any) -> Any:
    return g * (of(jv, v - 1, x) - of(jv, v + 1, x)) / 2.0


@ufunc
@elementwise(v=lambda g: none("jv", "v"), x=jv_x)
def jv(xp: Any, v: Tensor | float, x: Tensor, /) -> Any:
    """The Bessel function of the first kind, of order v."""
    return values(jv, v, x)


# DLMF 10.6.1.
def yv_x(g: Any, v: Any, x: Any) -> Any:
    return g * (of(yv, v - 1, x) - of(yv, v + 1, x)) / 2.0


@ufunc
@elementwise(v=lambda g: none("yv", "v"), x=yv_x)
def yv(xp: Any, v: Tensor | float, x: Tensor, /) -> Any:
    """The Bessel function of the second kind, of order v."""
    return values(yv, v, x)


# DLMF 10.29.1.
def iv_x(g: Any, v: Any, x: Any) -> Any:
    return g * (of(iv, v - 1, x) + of(iv, v + 1, x)) / 2.0


@ufunc
@elementwise(v=lambda g: none("iv", "v"), x=iv_x)
def iv(xp: Any, v: Tensor | float, x: Tensor, /) -> Any:
    """The modified Bessel function of the first kind, of order v."""
    return values(iv, v, x)


# DLMF 10.29.1, of exp(iπv) kv(v, x).
def kv_x(g: Any, v: Any, x: Any) -> Any:
    return -g * (of(kv, v - 1, x) + of(kv, v + 1, x)) / 2.0


@ufunc
@elementwise(v=lambda g: none("kv", "v"), x=kv_x)
def kv(xp: Any, v: Tensor | float, x: Tensor, /) -> Any:
    """The modified Bessel function of the second kind, of order v."""
    return values(kv, v, x)


# DLMF 10.29.1.
def ive_x(xp: Any, g: Any, v: Any, x: Any, out: Any) -> Any:
    return g * ((of(ive, v - 1, x) + of(ive, v + 1, x)) / 2.0 - xp.sign(x) * out)


@ufunc
@elementwise(v=lambda g: none("ive", "v"), x=ive_x)
def ive(xp: Any, v: Tensor | float, x: Tensor, /) -> Any:
    """``exp(-|x|) iv(v, x)``."""
    return values(ive, v, x)


# ---- of order 0 and 1


# DLMF 10.6.3.
def j0_x(g: Any, x: Any) -> Any:
    return -g * of(j1, x)


@ufunc
@elementwise(x=j0_x)
def j0(xp: Any, x: Tensor, /) -> Any:
    """The Bessel function of the first kind, of order 0."""
    return values(j0, x)


@ufunc
@elementwise(x=lambda g, x: g * (of(j0, x) - of(jv, 2, x)) / 2.0)
def j1(xp: Any, x: Tensor, /) -> Any:
    """The Bessel function of the first kind, of order 1."""
    return values(j1, x)


# DLMF 10.29.3.
def i0_x(g: Any, x: Any) -> Any:
    return g * of(i1, x)


@ufunc
@elementwise(x=i0_x)
def i0(xp: Any, x: Tensor, /) -> Any:
    """The modified Bessel function of the first kind, of order 0."""
    return values(i0, x)


@ufunc
@elementwise(x=lambda g, x: g * (of(i0, x) + of(iv, 2, x)) / 2.0)
def i1(xp: Any, x: Tensor, /) -> Any:
    """The modified Bessel function of the first kind, of order 1."""
    return values(i1, x)


def i0e_x(xp: Any, g: Any, x: Any, out: Any) -> Any:
    return g * (of(i1e, x) - xp.sign(x) * out)


@ufunc
@elementwise(x=i0e_x)
def i0e(xp: Any, x: Tensor, /) -> Any:
    """``exp(-|x|) i0(x)``."""
    return values(i0e, x)


def i1e_x(xp: Any, g: Any, x: Any, out: Any) -> Any:
    # DLMF 10.29.1, and away from 0 10.29.2: SciPy's ive is nan from 1e9 on.
    far = xp.abs(x) > 1.0
    near = (of(i0e, x) + of(ive, 2, xp.where(far, 0.0, x))) / 2.0
    slope = xp.where(far, of(i0e, x) - out / xp.where(far, x, 1.0), near)
    return g * (slope - xp.sign(x) * out)


@ufunc
@elementwise(x=i1e_x)
def i1e(xp: Any, x: Tensor, /) -> Any:
    """``exp(-|x|) i1(x)``."""
    return values(i1e, x)
