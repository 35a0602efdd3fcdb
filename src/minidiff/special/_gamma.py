"""The gamma function and its kin, DLMF 5 and 8."""

from __future__ import annotations

import math
from typing import Any

from ..core.tensor import Tensor
from ..core.words import elementwise
from ..numpy._ufuncs import ufunc
from ._probability import xlog1py, xlogy
from ._values import none, of, values


# DLMF 5.15.
def polygamma_x(g: Any, n: Any, x: Any) -> Any:
    return g * of(polygamma, n + 1, x)


@ufunc
@elementwise(n=lambda g: none("polygamma", "n"), x=polygamma_x)
def polygamma(xp: Any, n: Tensor | int, x: Tensor, /) -> Any:
    """The derivative of order n of digamma."""
    return values(polygamma, n, x)


@ufunc
@elementwise(x=lambda g, x: g * of(polygamma, 1, x))
def digamma(xp: Any, x: Tensor, /) -> Any:
    """The logarithmic derivative of gamma."""
    return values(digamma, x)


psi = digamma


# DLMF 5.2.2.
@ufunc
@elementwise(x=lambda g, x, out: g * out * of(digamma, x))
def gamma(xp: Any, x: Tensor, /) -> Any:
    """The gamma function."""
    return values(gamma, x)


@ufunc
@elementwise(x=lambda g, x: g * of(digamma, x))
def gammaln(xp: Any, x: Tensor, /) -> Any:
    """The logarithm of the magnitude of gamma."""
    return values(gammaln, x)


# DLMF 5.12.1 and 5.2.2.
def beta_a(g: Any, a: Any, b: Any, out: Any) -> Any:
    return g * out * (of(digamma, a) - of(digamma, a + b))


@ufunc
@elementwise(a=beta_a, b=lambda g, a, b, out: beta_a(g, b, a, out))
def beta(xp: Any, a: Tensor, b: Tensor, /) -> Any:
    """gamma(a) gamma(b) / gamma(a + b)."""
    return values(beta, a, b)


def betaln_a(g: Any, a: Any, b: Any) -> Any:
    return g * (of(digamma, a) - of(digamma, a + b))


@ufunc
@elementwise(a=betaln_a, b=lambda g, a, b: betaln_a(g, b, a))
def betaln(xp: Any, a: Tensor, b: Tensor, /) -> Any:
    """The logarithm of the magnitude of beta."""
    return values(betaln, a, b)


# ---- incomplete: the integrands are rows of their own, closed under differentiation
#
# A power falls by one at each derivative, and x^0 stays: so no power is divided by x, which would
# be nan at 0, and what cancels is s - x, exactly, and not two large terms.


def lowered(xp: Any, s: Any) -> Any:
    return xp.where(s == 0, 1.0, s) - 1.0


def gamma_powers_x(xp: Any, g: Any, s: Any, x: Any, c: Any) -> Any:
    slope = s - xp.where(s == 0, 1.0, x)
    return g * of(gamma_powers, lowered(xp, s), x, c) * xp.where(x == math.inf, 0.0, slope)


@elementwise(s=lambda g: none("gammainc", "a"), x=gamma_powers_x, c=lambda g, out: g * out)
def gamma_powers(xp: Any, s: Tensor, x: Tensor, c: Tensor, /) -> Any:
    """x^s exp(c - x), and 0 where x is inf."""
    return xp.exp(xp.where(x == math.inf, -math.inf, of(xlogy, s, x) + c - x))


# DLMF 8.8.13: x^(a-1) exp(-x) / gamma(a).
def gammainc_x(g: Any, a: Any, x: Any) -> Any:
    return g * of(gamma_powers, a - 1.0, x, -of(gammaln, a))


@ufunc
@elementwise(a=lambda g: none("gammainc", "a"), x=gammainc_x)
def gammainc(xp: Any, a: Tensor, x: Tensor, /) -> Any:
    """The lower incomplete gamma function, as a share of gamma(a)."""
    return values(gammainc, a, x)


@ufunc
@elementwise(a=lambda g: none("gammaincc", "a"), x=lambda g, a, x: gammainc_x(-g, a, x))
def gammaincc(xp: Any, a: Tensor, x: Tensor, /) -> Any:
    """1 - gammainc(a, x)."""
    return values(gammaincc, a, x)


def beta_powers_x(xp: Any, g: Any, s: Any, t: Any, x: Any, c: Any) -> Any:
    slope = s * xp.where(t == 0, 1.0, 1.0 - x) - t * xp.where(s == 0, 1.0, x)
    return g * of(beta_powers, lowered(xp, s), lowered(xp, t), x, c) * slope


@elementwise(
    s=lambda g: none("betainc", "a"),
    t=lambda g: none("betainc", "b"),
    x=beta_powers_x,
    c=lambda g, out: g * out,
)
def beta_powers(xp: Any, s: Tensor, t: Tensor, x: Tensor, c: Tensor, /) -> Any:
    """x^s (1-x)^t exp(c)."""
    return xp.exp(of(xlogy, s, x) + of(xlog1py, t, -x) + c)


# DLMF 8.17.1 and 8.17.2: x^(a-1) (1-x)^(b-1) / beta(a, b).
def betainc_x(g: Any, a: Any, b: Any, x: Any) -> Any:
    return g * of(beta_powers, a - 1.0, b - 1.0, x, -of(betaln, a, b))


@ufunc
@elementwise(a=lambda g: none("betainc", "a"), b=lambda g: none("betainc", "b"), x=betainc_x)
def betainc(xp: Any, a: Tensor, b: Tensor, x: Tensor, /) -> Any:
    """The incomplete beta function, as a share of beta(a, b)."""
    return values(betainc, a, b, x)
