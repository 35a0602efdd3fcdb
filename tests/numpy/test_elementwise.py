"""Element-wise functions where the tables of calls do not lead: awkward points, in-place, limits.

Derivatives are compared with closed forms.
"""

import math
from fractions import Fraction

import pytest

import minidiff as md
import minidiff.numpy as np
import numpy


def leaf(data):
    return md.Tensor(numpy.asarray(data, dtype=float), allow_grad=True)


def derivatives(function, at, order):
    """The derivatives of a function of one number, of order 1, 2, ..."""
    found = []
    x = leaf(at)
    y = function(x)
    for _ in range(order):
        y.backward(allow_higher_order=True)
        y = x.grad
        found.append(float(y.as_numpy()))
    return found


def slopes(function, *data):
    """The gradients of the sum of a function of arrays."""
    leaves = [leaf(one) for one in data]
    np.sum(function(*leaves)).backward()
    return [one.grad.as_numpy().tolist() for one in leaves]


@pytest.mark.parametrize("at", [0.0, 1e-9, -1e-4])
def test_sinc_near_zero(at):
    # sinc(x) = 1 - (pi x)^2 / 6 + (pi x)^4 / 120 - ...
    p = math.pi
    expected = [
        -(p**2) / 3 * at + p**4 / 30 * at**3,
        -(p**2) / 3 + p**4 / 10 * at**2,
        p**4 / 5 * at,
        p**4 / 5,
    ]
    assert derivatives(np.sinc, at, 4) == pytest.approx(expected, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("at", [0.1591, 0.1592, -0.7, 3.0])
def test_sinc_on_both_sides_of_its_series(at):
    y = math.pi * at
    first = (y * math.cos(y) - math.sin(y)) / y**2
    second = (-(y**2) * math.sin(y) - 2 * y * math.cos(y) + 2 * math.sin(y)) / y**3
    expected = [math.pi * first, math.pi**2 * second]
    assert derivatives(np.sinc, at, 2) == pytest.approx(expected, rel=1e-11, abs=1e-12)


def test_cube_root_has_no_rounding_of_its_own():
    x = numpy.array([27.0, -8.0, 1e300, 1e-300, 5e-324, 0.0, -0.0, numpy.inf, -numpy.inf])
    found = np.cbrt(x).as_numpy()
    numpy.testing.assert_array_max_ulp(found, numpy.cbrt(x), 1)
    assert numpy.signbit(found).tolist() == numpy.signbit(x).tolist()
    assert numpy.isnan(np.cbrt(numpy.nan).as_numpy())


def test_cube_root_at_zero_and_beyond():
    assert slopes(np.cbrt, [0.0, -0.0, 8.0, -8.0]) == [[math.inf, math.inf, 1 / 12, 1 / 12]]
    assert derivatives(np.cbrt, -8.0, 2) == pytest.approx([1 / 12, 1 / 144])


def test_fmod_is_smooth_through_zero():
    assert slopes(np.fmod, [0.0, -0.0, 5.5, -5.5], [2.0, 2.0, -2.0, 2.0]) == [
        [1.0, 1.0, 1.0, 1.0],
        [0.0, 0.0, 2.0, 2.0],
    ]
    assert numpy.signbit(np.fmod([-0.0, -2.0], 2.0).as_numpy()).all()


def test_fmod_goes_with_its_value():
    """x fmod y = x - n y: n by exact division, of the very numbers that the arrays hold."""
    x, y = [1.0, -1.0, 1.0, 6.0, -5.3, 1e10], [0.1, 0.1, -0.1, 0.1, 0.7, 0.3]
    exact = [math.trunc(Fraction(a) / Fraction(b)) for a, b in zip(x, y, strict=True)]
    assert slopes(np.fmod, x, y)[1] == [-float(n) for n in exact]
    assert slopes(np.fmod, [5.0, -5.0], [math.inf, math.inf]) == [[1.0, 1.0], [0.0, 0.0]]


def test_rounding_functions_give_zeros():
    for function in (np.rint, np.fix, np.trunc, lambda x: np.round(x, 1), np.sign):
        assert slopes(function, [0.3, -1.7]) == [[0.0, 0.0]]


def test_logaddexp2_does_not_overflow():
    found = np.logaddexp2([2000.0, -numpy.inf, numpy.inf], [2000.0, -numpy.inf, 0.0]).as_numpy()
    assert found.tolist() == pytest.approx([2001.0, -numpy.inf, numpy.inf], rel=1e-14)
    assert slopes(np.logaddexp2, [2000.0, 1.0], [2000.0, -5000.0]) == [[0.5, 1.0], [0.5, 0.0]]


@pytest.mark.parametrize("function", [np.fmax, np.fmin])
def test_the_gradient_goes_past_nan(function):
    ones, others = slopes(function, [math.nan, 1.0, 2.0], [3.0, math.nan, 2.0])
    assert ones == [0.0, 1.0, 0.5]
    assert others == [1.0, 0.0, 0.5]


def test_heaviside_moves_with_its_value_at_zero_alone():
    assert slopes(np.heaviside, [-1.0, 0.0, 2.0], [0.5, 0.5, 0.5]) == [
        [0.0, 0.0, 0.0],
        [0.0, 1.0, 0.0],
    ]


def test_clip_at_its_bounds():
    assert slopes(np.clip, [-1.0, 0.0, 1.0, 3.0], [0.0] * 4, [1.0] * 4) == [
        [0.0, 1.0, 1.0, 0.0],
        [1.0, 0.0, 0.0, 0.0],
        [0.0, 0.0, 0.0, 1.0],
    ]


def test_nan_to_num_passes_gradients_where_it_changes_nothing():
    found = slopes(np.nan_to_num, [math.nan, 2.0, math.inf, -math.inf])
    assert found == [[0.0, 1.0, 0.0, 0.0]]


def test_nan_to_num_in_place():
    x = md.Tensor([numpy.nan, 1.0])
    y = leaf([numpy.nan, 2.0])
    z = y * 3.0
    assert np.nan_to_num(x, copy=False, nan=7.0) is x
    assert x.as_numpy().tolist() == [7.0, 1.0]
    assert np.nan_to_num(z, copy=False) is z
    np.sum(z).backward()
    assert y.grad.as_numpy().tolist() == [0.0, 3.0]


def test_nan_to_num_copies():
    for data in ([1, 2], [1.0, 2.0]):
        x = md.Tensor(numpy.array(data))
        out = np.nan_to_num(x)
        out[0] = 5
        assert x.as_numpy()[0] == 1


def test_numbers_keep_single_precision():
    x = numpy.float32([1.5, -2.5])
    for name in ("fmod", "fmax", "fmin", "heaviside", "logaddexp2", "maximum", "hypot"):
        assert getattr(np, name)(md.Tensor(x), 0.5).dtype == "float32", name
        assert getattr(np, name)(x, numpy.float64(0.5)).dtype == "float64", name


def test_float_power_has_no_less_than_double_precision():
    assert np.float_power(numpy.float32([2]), 2).dtype == "float64"
    assert np.float_power(numpy.longdouble([2]), 2).dtype == numpy.longdouble
    assert np.float_power(numpy.complex64([2j]), 2).dtype == "complex128"


def test_the_angle_of_a_real_number_has_no_slope():
    assert slopes(np.angle, [2.0, -3.0]) == [[0.0, 0.0]]


def test_truth_values_are_python_bools():
    assert np.allclose([1.0], [1.0]) is True
    assert np.array_equal([1.0], [2.0]) is False
    assert np.array_equal([1.0], [1.0, 1.0]) is False
