"""SciPy's special functions on Tensors, differentiable to any order within their families.

The values are SciPy's (CuPy's on a GPU; other libraries' arrays go through NumPy), imported when a
function is first called. The derivatives are in the rows below. Where a family has no derivative in
a parameter (the order of a Bessel function, say), a backward pass through it raises.

The formulas are from the NIST Digital Library of Mathematical Functions (DLMF), by its numbers.
"""

from __future__ import annotations

import math
from typing import Any, NoReturn

from .backends import Backend, of_array
from .batching._arrays import Batched, batches_over
from .batching._functions import elementwise as lifted
from .core.tensor import Tensor
from .core.words import differentiable, elementwise
from .numpy._inputs import tensor
from .numpy._inputs import tensors as to_tensors

__all__ = [
    "beta",
    "betainc",
    "betaln",
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfcx",
    "erfinv",
    "expit",
    "gamma",
    "gammainc",
    "gammaincc",
    "gammaln",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "iv",
    "ive",
    "j0",
    "j1",
    "jv",
    "kl_div",
    "kv",
    "log_expit",
    "log_ndtr",
    "log_softmax",
    "logit",
    "logsumexp",
    "ndtr",
    "ndtri",
    "polygamma",
    "psi",
    "rel_entr",
    "softmax",
    "xlog1py",
    "xlogy",
    "yv",
]

SQRT_PI = math.sqrt(math.pi)
SQRT_2PI = math.sqrt(2.0 * math.pi)


# ---- how a function is computed


def values(name: str, *arrays: Any) -> Any:
    """What the library has for some arrays (or numbers) of one kind."""
    first = next(one for one in arrays if hasattr(one, "shape"))
    if type(first) is Batched:
        return lifted(globals()[name], *arrays)
    backend = of_array(first)
    assert backend is not None  # a kernel runs on arrays
    if type(first).__module__.partition(".")[0] == "cupy":
        from cupyx.scipy import special  # type: ignore[import-not-found]  # where there is a GPU

        return getattr(special, name)(*arrays)
    special = scipy_special()
    if backend.name.startswith("numpy"):
        return getattr(special, name)(*arrays)
    plain = [backend.as_numpy(one) if hasattr(one, "shape") else one for one in arrays]
    return backend.arrays.asarray(getattr(special, name)(*plain), device=first.device)


def scipy_special() -> Any:
    try:
        import scipy.special
    except ImportError as error:
        raise ImportError(
            "minidiff.special computes with SciPy, which is not installed: pip install scipy"
        ) from error
    return scipy.special


def of(name: str, *args: Any) -> Any:
    """A special function inside a formula: on arrays, or on Tensors where the pass is recorded."""
    function = globals()[name]
    if any(type(one) is Tensor for one in args):
        return function(*args)
    first = next(one for one in args if hasattr(one, "shape"))
    return function.rule.kernel(backend_of(first))(*args)


def backend_of(array: Any) -> Backend:
    if type(array) is Batched:
        return batches_over(array.value._backend)
    backend = of_array(array)
    assert backend is not None  # as above
    return backend


def none(name: str, parameter: str) -> NoReturn:
    raise NotImplementedError(
        f"{name} has no derivative in {parameter} here; take {parameter} as a constant: "
        f"{parameter}.detach()"
    )


# ---- error functions, DLMF 7


@elementwise(x=lambda xp, g, x: g * (2.0 / SQRT_PI) * xp.exp(-x * x))
def erf(xp: Any, x: Tensor, /) -> Any:
    """The error function."""
    return values("erf", x)


@elementwise(x=lambda xp, g, x: g * (-2.0 / SQRT_PI) * xp.exp(-x * x))
def erfc(xp: Any, x: Tensor, /) -> Any:
    """1 - erf(x)."""
    return values("erfc", x)


@elementwise(x=lambda g, x, out: g * (2.0 * x * out - 2.0 / SQRT_PI))
def erfcx(xp: Any, x: Tensor, /) -> Any:
    """exp(x²) erfc(x)."""
    return values("erfcx", x)


@elementwise(x=lambda xp, g, out: g * (SQRT_PI / 2.0) * xp.exp(out * out))
def erfinv(xp: Any, x: Tensor, /) -> Any:
    """The inverse of erf."""
    return values("erfinv", x)


@elementwise(x=lambda xp, g, x: g * xp.exp(-x * x / 2.0) / SQRT_2PI)
def ndtr(xp: Any, x: Tensor, /) -> Any:
    """The distribution function of the standard normal distribution."""
    return values("ndtr", x)


@elementwise(x=lambda xp, g, x, out: g * xp.exp(-x * x / 2.0 - out) / SQRT_2PI)
def log_ndtr(xp: Any, x: Tensor, /) -> Any:
    """log(ndtr(x))."""
    return values("log_ndtr", x)


@elementwise(x=lambda xp, g, out: g * SQRT_2PI * xp.exp(out * out / 2.0))
def ndtri(xp: Any, x: Tensor, /) -> Any:
    """The inverse of ndtr."""
    return values("ndtri", x)


# ---- the gamma function and its kin, DLMF 5 and 8


@elementwise(n=lambda g: none("polygamma", "n"), x=lambda g, n, x: g * of("polygamma", n + 1, x))
def polygamma(xp: Any, n: Tensor | int, x: Tensor, /) -> Any:
    """The derivative of order n of digamma."""
    return values("polygamma", n, x)


@elementwise(x=lambda g, x: g * of("polygamma", 1, x))
def digamma(xp: Any, x: Tensor, /) -> Any:
    """The logarithmic derivative of gamma."""
    return values("digamma", x)


psi = digamma


@elementwise(x=lambda g, x, out: g * out * of("digamma", x))
def gamma(xp: Any, x: Tensor, /) -> Any:
    """The gamma function."""
    return values("gamma", x)


@elementwise(x=lambda g, x: g * of("digamma", x))
def gammaln(xp: Any, x: Tensor, /) -> Any:
    """The logarithm of the magnitude of gamma."""
    return values("gammaln", x)


def beta_a(g: Any, a: Any, b: Any, out: Any) -> Any:
    return g * out * (of("digamma", a) - of("digamma", a + b))


@elementwise(a=beta_a, b=lambda g, a, b, out: beta_a(g, b, a, out))
def beta(xp: Any, a: Tensor, b: Tensor, /) -> Any:
    """gamma(a) gamma(b) / gamma(a + b)."""
    return values("beta", a, b)


def betaln_a(g: Any, a: Any, b: Any) -> Any:
    return g * (of("digamma", a) - of("digamma", a + b))


@elementwise(a=betaln_a, b=lambda g, a, b: betaln_a(g, b, a))
def betaln(xp: Any, a: Tensor, b: Tensor, /) -> Any:
    """The logarithm of the magnitude of beta."""
    return values("betaln", a, b)


# DLMF 8.8.13: x^(a-1) exp(-x) / gamma(a).
def gammainc_x(xp: Any, g: Any, a: Any, x: Any) -> Any:
    return g * xp.exp(of("xlogy", a - 1.0, x) - x - of("gammaln", a))


@elementwise(a=lambda g: none("gammainc", "a"), x=gammainc_x)
def gammainc(xp: Any, a: Tensor, x: Tensor, /) -> Any:
    """The lower incomplete gamma function, as a share of gamma(a)."""
    return values("gammainc", a, x)


@elementwise(a=lambda g: none("gammaincc", "a"), x=lambda xp, g, a, x: -gammainc_x(xp, g, a, x))
def gammaincc(xp: Any, a: Tensor, x: Tensor, /) -> Any:
    """1 - gammainc(a, x)."""
    return values("gammaincc", a, x)


# DLMF 8.17.20: x^(a-1) (1-x)^(b-1) / beta(a, b).
def betainc_x(xp: Any, g: Any, a: Any, b: Any, x: Any) -> Any:
    logarithm = of("xlogy", a - 1.0, x) + of("xlog1py", b - 1.0, -x) - of("betaln", a, b)
    return g * xp.exp(logarithm)


@elementwise(a=lambda g: none("betainc", "a"), b=lambda g: none("betainc", "b"), x=betainc_x)
def betainc(xp: Any, a: Tensor, b: Tensor, x: Tensor, /) -> Any:
    """The incomplete beta function, as a share of beta(a, b)."""
    return values("betainc", a, b, x)


# ---- logistic functions and entropies


@elementwise(x=lambda g, out: g * out * (1.0 - out))
def expit(xp: Any, x: Tensor, /) -> Any:
    """1 / (1 + exp(-x))."""
    return values("expit", x)


@elementwise(x=lambda g, x: g * of("expit", -x))
def log_expit(xp: Any, x: Tensor, /) -> Any:
    """log(expit(x))."""
    return values("log_expit", x)


@elementwise(x=lambda g, x: g / (x * (1.0 - x)))
def logit(xp: Any, x: Tensor, /) -> Any:
    """The inverse of expit."""
    return values("logit", x)


@elementwise(x=lambda xp, g, y: g * xp.log(y), y=lambda g, x, y: g * x / y)
def xlogy(xp: Any, x: Tensor, y: Tensor, /) -> Any:
    """X log(y), and 0 where x is 0."""
    return values("xlogy", x, y)


@elementwise(x=lambda xp, g, y: g * xp.log1p(y), y=lambda g, x, y: g * x / (1.0 + y))
def xlog1py(xp: Any, x: Tensor, y: Tensor, /) -> Any:
    """X log(1 + y), and 0 where x is 0."""
    return values("xlog1py", x, y)


@elementwise(x=lambda xp, g, x: -g * (xp.log(x) + 1.0))
def entr(xp: Any, x: Tensor, /) -> Any:
    """-x log(x), and 0 at 0."""
    return values("entr", x)


@elementwise(x=lambda xp, g, x, y: g * (xp.log(x / y) + 1.0), y=lambda g, x, y: -g * x / y)
def rel_entr(xp: Any, x: Tensor, y: Tensor, /) -> Any:
    """X log(x / y), and 0 where x is 0."""
    return values("rel_entr", x, y)


@elementwise(x=lambda xp, g, x, y: g * xp.log(x / y), y=lambda g, x, y: g * (1.0 - x / y))
def kl_div(xp: Any, x: Tensor, y: Tensor, /) -> Any:
    """X log(x / y) - x + y."""
    return values("kl_div", x, y)


# ---- Bessel functions, DLMF 10.6.1 and 10.29.1


@elementwise(
    v=lambda g: none("jv", "v"),
    x=lambda g, v, x: g * (of("jv", v - 1, x) - of("jv", v + 1, x)) / 2.0,
)
def jv(xp: Any, v: Tensor | float, x: Tensor, /) -> Any:
    """The Bessel function of the first kind, of order v."""
    return values("jv", v, x)


@elementwise(
    v=lambda g: none("yv", "v"),
    x=lambda g, v, x: g * (of("yv", v - 1, x) - of("yv", v + 1, x)) / 2.0,
)
def yv(xp: Any, v: Tensor | float, x: Tensor, /) -> Any:
    """The Bessel function of the second kind, of order v."""
    return values("yv", v, x)


@elementwise(
    v=lambda g: none("iv", "v"),
    x=lambda g, v, x: g * (of("iv", v - 1, x) + of("iv", v + 1, x)) / 2.0,
)
def iv(xp: Any, v: Tensor | float, x: Tensor, /) -> Any:
    """The modified Bessel function of the first kind, of order v."""
    return values("iv", v, x)


@elementwise(
    v=lambda g: none("kv", "v"),
    x=lambda g, v, x: -g * (of("kv", v - 1, x) + of("kv", v + 1, x)) / 2.0,
)
def kv(xp: Any, v: Tensor | float, x: Tensor, /) -> Any:
    """The modified Bessel function of the second kind, of order v."""
    return values("kv", v, x)


def ive_x(xp: Any, g: Any, v: Any, x: Any, out: Any) -> Any:
    return g * ((of("ive", v - 1, x) + of("ive", v + 1, x)) / 2.0 - xp.sign(x) * out)


@elementwise(v=lambda g: none("ive", "v"), x=ive_x)
def ive(xp: Any, v: Tensor | float, x: Tensor, /) -> Any:
    """``exp(-|x|) iv(v, x)``."""
    return values("ive", v, x)


@elementwise(x=lambda g, x: -g * of("j1", x))
def j0(xp: Any, x: Tensor, /) -> Any:
    """The Bessel function of the first kind, of order 0."""
    return values("j0", x)


@elementwise(x=lambda g, x: g * (of("j0", x) - of("jv", 2, x)) / 2.0)
def j1(xp: Any, x: Tensor, /) -> Any:
    """The Bessel function of the first kind, of order 1."""
    return values("j1", x)


@elementwise(x=lambda g, x: g * of("i1", x))
def i0(xp: Any, x: Tensor, /) -> Any:
    """The modified Bessel function of the first kind, of order 0."""
    return values("i0", x)


@elementwise(x=lambda g, x: g * (of("i0", x) + of("iv", 2, x)) / 2.0)
def i1(xp: Any, x: Tensor, /) -> Any:
    """The modified Bessel function of the first kind, of order 1."""
    return values("i1", x)


@elementwise(x=lambda xp, g, x, out: g * (of("i1e", x) - xp.sign(x) * out))
def i0e(xp: Any, x: Tensor, /) -> Any:
    """``exp(-|x|) i0(x)``."""
    return values("i0e", x)


@elementwise(
    x=lambda xp, g, x, out: g * ((of("i0e", x) + of("ive", 2, x)) / 2.0 - xp.sign(x) * out)
)
def i1e(xp: Any, x: Tensor, /) -> Any:
    """``exp(-|x|) i1(x)``."""
    return values("i1e", x)


# ---- sums of exponentials


def shares(xp: Any, x: Any, out: Any) -> Any:
    """Softmax: of an infinite sum, shared by the terms that are as large."""
    finite = xp.isfinite(out)
    ordinary = xp.exp(xp.where(finite, x, 0.0) - xp.where(finite, out, 0.0))
    among = xp.astype(x == out, x.dtype)
    equal = among / xp.where(finite, 1.0, xp.sum(among, axis=-1, keepdims=True))
    return xp.where(finite, ordinary, equal)


def log_sum_exp_x(xp: Any, g: Any, x: Any, out: Any) -> Any:
    return g[..., None] * shares(xp, x, out[..., None])


def log_sum_exp_jvp(xp: Any, dx: Any, x: Any, out: Any) -> Any:
    return xp.sum(shares(xp, x, out[..., None]) * dx, axis=-1)


@differentiable(x=log_sum_exp_x, jvp=log_sum_exp_jvp)
def log_sum_exp(xp: Any, x: Tensor, /) -> Any:
    """log(sum(exp(x))) along the last axis, without overflow."""
    most = xp.max(x, axis=-1, keepdims=True)
    base = xp.where(xp.isfinite(most), most, 0.0)
    total = xp.sum(xp.exp(x - base), axis=-1)
    safe = xp.log(xp.where(total > 0, total, 1.0)) + base[..., 0]
    return xp.where(total > 0, safe, -math.inf)


def logsumexp(
    a: Any, axis: int | tuple[int, ...] | None = None, b: Any = None, keepdims: bool = False
) -> Tensor:
    """log(sum(b exp(a))) along axes, without overflow; b is positive, 1 by default.

    Where the sum is infinite, the gradient is shared by the terms that are as large.
    """
    a = tensor(a, b)
    if b is not None:
        a, b = to_tensors(a, b)
        a = a + a._backend.tensors.log(b)
    xp = a._backend.tensors
    axes = range(a.ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
    gone = [one % a.ndim for one in axes]
    stay = [i for i in range(a.ndim) if i not in gone]
    sides = [a.shape[i] for i in stay]
    count = math.prod([a.shape[i] for i in gone])
    lines = xp.reshape(xp.permute_dims(a, (*stay, *gone)), (*sides, count))
    out: Tensor = log_sum_exp(lines * 1.0)
    if not keepdims:
        return out
    kept = tuple([1 if i in gone else side for i, side in enumerate(a.shape)])
    return xp.reshape(out, kept)  # type: ignore[no-any-return]  # a namespace is untyped


def log_softmax(x: Any, axis: int | tuple[int, ...] | None = None) -> Tensor:
    """log(softmax(x))."""
    x = tensor(x)
    return x - logsumexp(x, axis, keepdims=True)  # type: ignore[no-any-return]  # as above


def softmax(x: Any, axis: int | tuple[int, ...] | None = None) -> Tensor:
    """exp(x) / sum(exp(x)) along axes."""
    x = tensor(x)
    return x._backend.tensors.exp(log_softmax(x, axis))  # type: ignore[no-any-return]  # as above
