"""Element-wise functions where a limit is meant: both modes, both orders, both sides of a cut.

The truth is a closed form, exact arithmetic on fractions, or differences of NumPy's own values.
"""

import itertools
import math
from fractions import Fraction
from functools import partial

import pytest

import minidiff as md
import minidiff.array_api
import numpy as np
from reference import directional_derivative
from test_policy import derivative, leaf, library, mode, partials, same, tangent, xp

__all__ = ["library", "mode", "xp"]  # fixtures

inf, nan = math.inf, math.nan
close = partial(np.testing.assert_allclose, rtol=1e-8, atol=1e-8)


# ---- second order: each of the two derivatives by either mode

WAYS = list(itertools.product(["reverse", "forward"], repeat=2))


def along(xp, mode, f, v):
    """The derivative of the sum of f along v, as a function."""
    if mode == "forward":
        return lambda x: xp.sum(tangent(f, x, v))
    return lambda x: xp.sum(md.grad(lambda x: xp.sum(f(x)))(x) * v)


def second(xp, way, f, x, v, w):
    """The second derivative of the sum of f at x along v and w; `way` is outer over inner mode."""
    outer, inner = way
    v, w = xp.asarray(v), xp.asarray(w)
    with np.errstate(all="ignore"):
        return float(along(xp, outer, along(xp, inner, f, v), w)(xp.asarray(x)))


def hessian(xp, way, f, x):
    units = np.eye(len(x))
    return [[second(xp, way, f, x, v, w) for w in units] for v in units]


@pytest.fixture(params=WAYS, ids=" over ".join)
def way(request):
    return request.param


# ---- logaddexp


@pytest.mark.parametrize("x", [[1.0, 1.0], [0.0, 0.0], [-300.0, -300.0], [2.0, 2.5]], ids=str)
def test_logaddexp_of_equal_numbers_curves(xp, way, x):
    share = 1 / (1 + math.exp(x[1] - x[0]))
    curve = share * (1 - share)
    found = hessian(xp, way, lambda v: xp.logaddexp(v[0], v[1]), x)
    np.testing.assert_allclose(found, [[curve, -curve], [-curve, curve]], rtol=1e-14)


def test_softplus_at_zero(xp, mode):
    """Its derivatives are 1/2, 1/4, 0, -1/8."""
    for order, want in enumerate([0.5, 0.25, 0.0, -0.125], 1):
        found = derivative(xp, mode, lambda x: xp.logaddexp(x, 0.0), [0.0, 0.0], order)
        close(found, [want, want])


@pytest.mark.parametrize("x", [[inf, inf], [-inf, -inf], [inf, 0.0], [-inf, 0.0]], ids=str)
def test_logaddexp_of_infinities_is_straight(xp, way, x):
    f = lambda v: xp.logaddexp(v[0], v[1])  # noqa: E731
    same(hessian(xp, way, f, x), np.zeros((2, 2)))


def test_logaddexp2_curves_too():
    found = md.hessian(lambda v: md.logaddexp2(v[0], v[1]))(md.asarray([1.0, 1.0]))
    curve = math.log(2) / 4
    close(found.as_numpy(), [[curve, -curve], [-curve, curve]])


# ---- powers


@pytest.mark.parametrize("x", [2.0, 0.3, 1.0])
def test_power_where_the_exponent_is_zero(xp, way, x):
    """d²(x**y)/dxdy = x**(y - 1) (1 + y log x), which is 1/x."""
    found = hessian(xp, way, lambda v: v[0] ** v[1], [x, 0.0])
    np.testing.assert_allclose(found, [[0, 1 / x], [1 / x, math.log(x) ** 2]], rtol=1e-14)


def test_complex_power_where_the_exponent_is_zero(xp):
    """The derivative in y of the derivative in x is 1/x, either way around."""
    x, y = np.array([2 + 1j, -1.5 + 0.3j]), np.zeros(2, complex)

    def in_x(x, y):
        return tangent(lambda x: xp.pow(x, y), x, xp.ones_like(x.detach()))

    def in_y(x, y):
        return tangent(lambda y: xp.pow(x, y), y, xp.ones_like(y.detach()))

    x, y = xp.asarray(x), xp.asarray(y)
    one = xp.ones_like(x)
    for mixed in (tangent(lambda y: in_x(x, y), y, one), tangent(lambda x: in_y(x, y), x, one)):
        close(mixed.as_numpy(), 1 / x.as_numpy())


def test_power_at_the_origin(xp, way):
    """0**0 is flat, whichever way one goes."""
    same(hessian(xp, way, lambda v: v[0] ** v[1], [0.0, 0.0]), np.zeros((2, 2)))


@pytest.mark.parametrize("n", [0.0, 1.0, 2.0])
def test_array_exponents_at_zero_to_higher_orders(xp, mode, n):
    """Of x**n at 0 the nth derivative is n!, every other one is 0."""
    for order in range(1, 5):
        found = derivative(xp, mode, lambda x: x ** xp.asarray([n, 0.0]), [0.0, 0.0], order)
        same(found, [math.factorial(int(n)) if order == n else 0, 0])


def test_unsigned_exponents():
    x = leaf(minidiff.array_api, [20.0, 2.0, 0.0])
    (x ** minidiff.array_api.asarray(np.array([0, 3, 0], np.uint8))).backward()
    same(x.grad.as_numpy(), [0, 12, 0])


# ---- remainder

DIVISIONS = [(1.0, 0.1), (-1.0, 0.1), (0.3, 0.1), (1.0, -0.1), (6.0, 0.1), (5.3, 0.7), (1e10, 0.3)]
DIVISIONS += [(-7.0, 3.0), (7.0, -3.0), (-1e-20, 1.0), (4.0, 2.0), (-3e4, 2e4)]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_remainder_goes_with_its_value(xp, mode, dtype):
    """x % y = x - n y: n by exact division, of the very numbers that the arrays hold."""
    x, y = np.array(DIVISIONS, dtype).T
    quotients = [math.floor(Fraction(a) / Fraction(b)) for a, b in zip(x.tolist(), y.tolist())]  # noqa: B905
    x = xp.asarray(x)
    found = derivative(xp, mode, lambda y: xp.remainder(x, y), y, dtype=dtype)
    same(found, -np.array(quotients).astype(dtype))
    close(np.remainder(1.0, 0.1 + 1e-6) - np.remainder(1.0, 0.1), -9e-6)


def test_remainder_of_infinite_divisors(xp, mode):
    """(-5) % y = y - 5 for all large y, and 5 % y = 5."""
    points = [[-5.0, 5.0, 5.0, -5.0, 0.0], [inf, inf, -inf, -inf, inf]]
    same(partials(xp, mode, xp.remainder, *points), [[1] * 5, [1, 0, 1, 0, 0]])


# ---- complex functions on their branch cuts

OUTSIDE = [(sign * size, zero) for sign in (1, -1) for size in (2.0, 1.2) for zero in (0.0, -0.0)]
UPRIGHT = [(zero, part) for part, zero in OUTSIDE]
LEFT = [(part, zero) for part, zero in OUTSIDE if part < 0]
INSIDE = [(-0.5, 0.0), (-0.5, -0.0), (0.5, 0.0), (0.5, -0.0)]
# By NumPy's name, the points, and whether the cut lies on the imaginary axis.
CUTS = {
    **{"asin": ("arcsin", OUTSIDE, 0), "acos": ("arccos", OUTSIDE, 0)},
    **{"atanh": ("arctanh", OUTSIDE, 0), "acosh": ("arccosh", [*LEFT, *INSIDE], 0)},
    **{"asinh": ("arcsinh", UPRIGHT, 1), "atan": ("arctan", UPRIGHT, 1)},
    **{"sqrt": ("sqrt", LEFT, 0), "log": ("log", LEFT, 0), "log10": ("log10", LEFT, 0)},
}


def complex_array(right, up):
    """Of its parts; arithmetic would lose the sign of a zero."""
    out = np.empty(np.shape(right), complex)
    out.real, out.imag = right, up
    return out


def along_cut(f, points, upright, order=1):
    """The derivatives of NumPy's function along the cut, on the side that the zeros tell.

    Those across are the same: there the function is holomorphic.
    """
    ends, side = np.array(points).T[:: -1 if upright else 1]
    g = lambda t: f(complex_array(side, t) if upright else complex_array(t, side))  # noqa: E731
    for _ in range(order):
        g = lambda t, g=g: directional_derivative(g, [t], [np.ones_like(t)])[0]  # noqa: E731
    return g(ends) / (1j if upright else 1) ** order


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("name", CUTS)
def test_cuts_have_two_sides(xp, mode, name, order):
    numpy_name, points, upright = CUTS[name]
    want = along_cut(getattr(np, numpy_name), points, upright, order)
    z = complex_array(*np.array(points).T)
    found = derivative(xp, mode, getattr(xp, name), z, order, "complex128")
    close(found, np.conj(want) if mode == "reverse" else want)


@pytest.mark.parametrize("name", CUTS)
def test_cuts_have_two_sides_by_forward_over_reverse(xp, name):
    numpy_name, points, upright = CUTS[name]
    z = xp.asarray(complex_array(*np.array(points).T))
    one = xp.ones_like(z)
    slope = lambda z: xp.conj(md.vjp(getattr(xp, name), z)[1](one)[0])  # noqa: E731
    want = along_cut(getattr(np, numpy_name), points, upright, 2)
    close(tangent(slope, z, one).as_numpy(), want)


def test_powers_on_the_cut(xp, mode):
    """In the exponent: x**y log(x), on the side that the sign of the zero tells."""
    base = complex_array([-2.0, -2.0], [0.0, -0.0])
    y = np.array([0.7 + 0.2j, 0.7 + 0.2j])
    want = directional_derivative(lambda y: np.power(base, y), [y], [np.ones(2)])[0]
    found = derivative(xp, mode, lambda y: xp.pow(xp.asarray(base), y), y, 1, "complex128")
    close(found, np.conj(want) if mode == "reverse" else want)


# ---- inverse functions at the ends of their domain

ENDS = {
    "asin": ([-1.0, 1.0], [(inf, inf), (-inf, inf), (inf, inf)]),
    "acos": ([-1.0, 1.0], [(-inf, -inf), (inf, -inf), (-inf, -inf)]),
    "atanh": ([-1.0, 1.0], [(inf, inf), (-inf, inf), (inf, inf)]),
    "acosh": ([1.0, 1.0], [(inf, inf), (-inf, -inf), (inf, inf)]),
}


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("name", ENDS)
def test_ends_of_domains(xp, mode, name, order):
    points, wants = ENDS[name]
    same(derivative(xp, mode, getattr(xp, name), points, order), wants[order - 1])


@pytest.mark.parametrize("name", ENDS)
def test_ends_of_domains_by_mixed_modes(xp, way, name):
    points, wants = ENDS[name]
    for point, want in zip(points, wants[1], strict=True):
        assert second(xp, way, getattr(xp, name), [point], [1.0], [1.0]) == want


@pytest.mark.parametrize("x", [1 - 2.0**-40, -1 + 2.0**-30, 0.75, -0.3])
def test_near_the_ends_to_the_last_digits(xp, mode, x):
    u = float(1 - Fraction(x) ** 2)
    asin, atanh = x * u**-1.5, 2 * x / (u * u)
    for name, wants in {
        "asin": [u**-0.5, asin],
        "acos": [-(u**-0.5), -asin],
        "atanh": [1 / u, atanh],
    }.items():
        for order, want in enumerate(wants, 1):
            found = derivative(xp, mode, getattr(xp, name), [x], order)
            np.testing.assert_allclose(found, want, rtol=2e-15)


# ---- complex square root of 0

COTANGENTS = [1, -1, 1j, -2j, 1 + 1j, -3 + 2j, 0.5 - 1e-300j, complex(1, -0.0)]


def infinite(c):
    """The limit of c / (2 sqrt(x)) for x > 0 that goes to 0."""
    c = complex(c)
    return complex_array(c.real * inf if c.real else c.real, c.imag * inf if c.imag else c.imag)


@pytest.mark.parametrize("c", COTANGENTS, ids=str)
def test_complex_root_of_zero_is_as_its_cotangent(xp, mode, c):
    z, c = [0j, 4 + 0j, 0j, -4 + 0j], np.full(4, c, complex)
    if mode == "forward":
        found = tangent(xp.sqrt, xp.asarray(z), xp.asarray(c)).as_numpy()
    else:
        x = leaf(xp, z, "complex128")
        xp.sqrt(x).backward(xp.asarray(c))
        found = x.grad.as_numpy()
    want, beside = infinite(c[0]), c[0] / (4j if mode == "forward" else -4j)
    same(found, [want, c[0] / 4, want, beside])
    for part in ("real", "imag"):
        same(np.signbit(getattr(found[0], part)), np.signbit(getattr(want, part)))


def test_complex_root_of_zero_in_a_loss(xp):
    for f, want in [
        (lambda x: xp.real(xp.sqrt(x)), inf + 0j),
        (lambda x: -xp.real(xp.sqrt(x)), complex(-inf, 0)),
        (lambda x: -xp.imag(xp.sqrt(x)), complex(0, -inf)),
        (lambda x: xp.real(xp.sqrt(x)) * nan, complex(nan, 0)),
        (lambda x: 0 * xp.real(xp.sqrt(x)), complex(nan, 0)),  # as in the real case: 0 * inf
    ]:
        x = leaf(xp, 0j, "complex128")
        f(x).backward()
        same(x.grad.as_numpy(), want)
    assert derivative(xp, "reverse", lambda x: 0 * xp.sqrt(x), 0.0) != 0  # nan


# ---- hypot and atan2 at infinity

FAR = [[inf, -inf, 1.0, -2.0, inf, 0.0], [1.0, -3.0, inf, -inf, 0.0, -inf]]


def test_hypot_of_one_infinite_side(xp, mode):
    """As for (1e300, 1): the longer side alone counts."""
    same(partials(xp, mode, xp.hypot, *FAR), [[1, -1, 0, 0, 1, 0], [0, 0, 1, -1, 0, -1]])
    # Of two infinite sides the ratio decides, and nobody knows it. No neighbour minds.
    found = partials(xp, mode, xp.hypot, [inf, 3.0, 0.0], [-inf, 4.0, 0.0])
    same(found, [[nan, 0.6, 0], [nan, 0.8, 0]])


def test_atan2_of_an_infinite_side(xp, mode):
    """The slopes fall as 1 over the distance, in every direction."""
    for sides in (FAR, [[inf, -inf, inf], [inf, inf, -inf]]):
        same(partials(xp, mode, xp.atan2, *sides), np.zeros(np.shape(sides)))


@pytest.mark.parametrize("name", ["hypot", "atan2"])
@pytest.mark.parametrize("x", [[inf, 1.0], [-2.0, inf], [0.0, 0.0]], ids=str)
def test_straight_at_infinity_and_at_the_origin(xp, way, name, x):
    f = lambda v: getattr(xp, name)(v[0], v[1])  # noqa: E731
    same(hessian(xp, way, f, x), np.zeros((2, 2)))
