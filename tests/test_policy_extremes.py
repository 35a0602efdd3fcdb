"""Extremes and spreads where a limit is meant: ties, infinite cotangents, equal numbers.

The truth is Python's own comparisons, a closed form, or differences of NumPy's values.
"""

import itertools
import math
from functools import partial

import pytest

import minidiff.array_api
import numpy as np
from reference import directional_derivative
from test_policy import derivative, leaf, library, mode, same, tangent, xp
from test_policy_elementwise import close, hessian, way

__all__ = ["library", "mode", "way", "xp"]  # fixtures

inf, nan = math.inf, math.nan

# ---- extremes: the winners alone get what arrives, whatever that is


def test_root_of_a_largest_zero(xp):
    """In reverse mode; in forward mode the root itself has inf times a tangent of 0."""
    found = derivative(xp, "reverse", lambda x: xp.sqrt(xp.max(x)), [0.0, -1.0, 0.0])
    same(found, [inf, 0, inf])
    rows = [[0.0, 2.0], [-0.0, -1.0], [4.0, 1.0]]
    found = derivative(xp, "reverse", lambda x: xp.sqrt(xp.min(xp.abs(x), axis=1)), rows)
    same(found, [[nan, 0], [nan, 0], [0, 0.5]])  # |x| has no slope at 0, and inf * 0 is nan
    x = [-1.0, -0.25, 4.0]
    same(derivative(xp, "reverse", lambda x: xp.sqrt(xp.maximum(x, 0.0)), x), [0, 0, 0.25])
    same(derivative(xp, "reverse", lambda x: xp.sqrt(-xp.minimum(-x, 0)), x), [0, 0, 0.25])


def test_tangents_of_losers_do_not_count(xp):
    """log(0) = -inf moves by inf."""
    move = partial(tangent, x=xp.asarray([0.0, 2.0]), direction=xp.asarray([1.0, 1.0]))
    same(move(lambda x: xp.max(xp.log(x))).as_numpy(), 0.5)
    same(move(lambda x: xp.min(-xp.log(x))).as_numpy(), -0.5)
    same(move(lambda x: xp.maximum(xp.log(x), -5.0)).as_numpy(), [0, 0.5])
    same(move(lambda x: xp.minimum(5.0, -xp.log(x))).as_numpy(), [0, -0.5])


VALUES = [-1.0, 0.0, -0.0, 2.0, inf, -inf, nan]
ARRIVING = [1.0, -2.5, 0.0, inf, -inf, nan]


def chosen(a, b, g):
    """What goes to a, the larger being wanted: Python's own comparisons, number by number."""
    return g if a > b else 0.0 if a < b else g / 2


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("given", [ARRIVING, ARRIVING[:3]], ids=["any", "finite"])
@pytest.mark.parametrize("values", [VALUES, VALUES[:2]], ids=["any", "finite"])
@pytest.mark.parametrize(("name", "sign"), [("maximum", 1), ("minimum", -1)])
def test_larger_of_two(xp, name, sign, values, given, dtype):
    cases = list(itertools.product(values, values, given))
    a, b, g = np.array(cases, dtype).T
    x1, x2 = leaf(xp, a, dtype), leaf(xp, b, dtype)
    getattr(xp, name)(x1, x2).backward(xp.asarray(g))
    same(x1.grad.as_numpy(), np.array([chosen(sign * a, sign * b, g) for a, b, g in cases]))
    same(x2.grad.as_numpy(), np.array([chosen(sign * b, sign * a, g) for a, b, g in cases]))
    assert x1.grad.dtype == x2.grad.dtype == getattr(xp, dtype)


@pytest.mark.parametrize("g", ARRIVING)
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, 1, (0, 1)])
def test_largest_of_many(xp, axis, keepdims, g):
    x = np.array([[3.0, 1.0, 3.0], [-2.0, 1.0, 3.0]])
    t = leaf(xp, x)
    out = xp.max(t, axis=axis, keepdims=keepdims)
    out.backward(xp.asarray(np.full(out.shape, g)))
    won = x == np.max(x, axis=axis, keepdims=True)
    shares = g / np.sum(won, axis=axis, keepdims=True)
    same(t.grad.as_numpy(), np.where(won, np.broadcast_to(shares, x.shape), 0.0))


def test_extremes_to_second_order(xp, way):
    """Of max(x**3) and of maximum(x**3, y), where nothing is tied: 6 x at the winner."""
    for f in (lambda x: xp.max(x**3), lambda x: xp.maximum(x**3, 1.0)):
        found = hessian(xp, way, f, [0.5, 2.0, -1.0])
        close(found, np.diag([0, 12.0, 0]))


# ---- spreads of equal numbers

ROUNDED = [(0.1, 3), (0.3, 10), (1.1, 7), (5.7, 7), (1e30, 3), (0.1, 100_001), (-7.7e-5, 6)]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("c", "n"), ROUNDED)
def test_spread_of_equal_numbers(xp, mode, c, n, dtype):
    x, v = np.full(n, c, dtype), np.cos(np.arange(n)).astype(dtype)
    for correction in (0, 1, 2.5):
        f = partial(xp.std, correction=correction)
        for order in (1, 2):
            same(derivative(xp, mode, f, x, order, dtype, xp.asarray(v)), 0)


@pytest.mark.parametrize("c", [0.1 + 0.3j, 1.1 - 5.7j])
def test_spread_of_equal_complex_numbers(c):
    """Which the standard leaves out, and NumPy has."""
    xp, x = minidiff.array_api, np.full(7, c)
    assert np.std(x) > 0
    for f in (xp.std, partial(xp.std, correction=1)):
        z = leaf(xp, x, "complex128")
        f(z).backward(allow_higher_order=True)
        same(z.grad.as_numpy(), 0)
        xp.sum(xp.real(z.grad)).backward()
        same(z.grad.as_numpy(), 0)
        same(tangent(f, xp.asarray(x), xp.asarray(np.arange(7) * (1 + 2j))).as_numpy(), 0)


def test_spread_of_equal_numbers_to_second_order(xp, way):
    assert sum(bool(np.std(np.full(n, c))) for c, n in ROUNDED) >= 4  # the mean is not the number
    same(hessian(xp, way, xp.std, [0.1, 0.1, 0.1]), np.zeros((3, 3)))


@pytest.mark.parametrize("keepdims", [False, True])
def test_spread_of_some_equal_rows(xp, mode, keepdims):
    x = np.array([[0.1, 0.1, 0.1], [1.0, 2.0, 4.0], [5.7, 5.7, 5.7], [0.0, 0.0, 0.0]])
    v = np.array([1.0, -3.0, 2.0]) + np.zeros((4, 1))
    slope = directional_derivative(np.std, [x[1]], [v[1]])[0]
    want = np.array([0.0, slope, 0.0, 0.0])
    for axis, at, along in ((1, x, v), (0, x.T, v.T), ((1, 2), x[:, None], v[:, None])):
        f = partial(xp.std, axis=axis, keepdims=keepdims)
        found = derivative(xp, mode, f, at.copy(), v=xp.asarray(along.copy()))
        close(found, np.reshape(want, found.shape) if mode == "forward" else np.sum(want))
        t = leaf(xp, at.copy())
        f(t).backward()
        grad = t.grad.as_numpy()
        same((grad.T if axis == 0 else np.reshape(grad, (4, 3)))[[0, 2, 3]], np.zeros((3, 3)))


@pytest.mark.parametrize("scale", [1.0, 2.0**40, 2.0**-300])
def test_smallest_of_spreads_counts(xp, mode, scale):
    """1 and 1 + 2 eps: the mean and the deviations are exact, the slopes -1/2 and 1/2."""
    x = np.array([1.0, 1.0 + 2 * np.finfo(float).eps]) * scale
    for unit, want in ([1.0, 0.0], -0.5), ([0.0, 1.0], 0.5):
        same(derivative(xp, mode, xp.std, x, v=xp.asarray(unit)), want)


def test_small_spread_of_many_in_single_precision(xp, mode):
    """n eps is 0.02, and yet a spread of 0.001 is no rounding."""
    rng = np.random.default_rng(3)
    x = (1 + 1e-3 * rng.standard_normal(200_000)).astype(np.float32)
    v = rng.standard_normal(x.size).astype(np.float32)
    away = x.astype(float) - np.mean(x.astype(float))
    want = np.dot(away, v) / (x.size * np.std(x.astype(float)))
    found = derivative(xp, mode, xp.std, x, 1, "float32", xp.asarray(v))
    np.testing.assert_allclose(found, want, rtol=1e-3)
