"""Reductions where the tables of calls do not lead: ties, nan, empty axes, weights, spacings."""

import math

import pytest

import minidiff as md
import minidiff.numpy as np
import numpy

nan, inf = numpy.nan, numpy.inf


def slope(function, data):
    """The gradient of the sum of a function of one array."""
    x = md.Tensor(numpy.asarray(data, dtype=float), allow_grad=True)
    np.sum(function(x)).backward()
    return x.grad.as_numpy().tolist()


@pytest.mark.parametrize(
    ("data", "shares"),
    [
        ([3.0, 1.0, 2.0], [0.0, 0.0, 1.0]),
        ([4.0, 1.0, 2.0, 3.0], [0.0, 0.0, 0.5, 0.5]),
        ([7.0], [1.0]),
        ([5.0, -1.0], [0.5, 0.5]),
    ],
)
def test_the_median_shares_between_the_middle_two(data, shares):
    assert slope(np.median, data) == shares


def test_the_median_of_infinities_nan_and_nothing():
    assert float(np.median([1.0, inf, inf, inf])) == inf
    assert float(np.median([-inf, -inf, 0.0])) == -inf
    assert math.isnan(float(np.median([1.0, nan, 2.0])))
    assert np.median([[1.0, nan], [2.0, 3.0]], axis=0).as_numpy()[0] == 1.5
    with numpy.errstate(all="ignore"), pytest.warns(RuntimeWarning, match="empty"):
        assert math.isnan(float(np.median([])))


def test_quantiles_go_to_the_neighbours():
    assert slope(lambda x: np.quantile(x, 0.25), [4.0, 0.0, 1.0, 2.0]) == [0.0, 0.25, 0.75, 0.0]
    assert slope(lambda x: np.percentile(x, 100), [4.0, 0.0, 1.0]) == [1.0, 0.0, 0.0]


METHODS = ["interpolated_inverted_cdf", "hazen", "weibull", "linear", "median_unbiased"]


@pytest.mark.parametrize("method", METHODS)
def test_the_share_of_a_quantile_has_a_slope(method):
    x = numpy.random.default_rng(0).normal(size=(3, 7))
    value = lambda q: numpy.sum(numpy.quantile(x, q, axis=1, method=method))  # noqa: E731
    found = slope(lambda q: np.sum(np.quantile(x, q, axis=1, method=method)), 0.337)
    assert found == pytest.approx((value(0.337 + 1e-6) - value(0.337 - 1e-6)) / 2e-6, rel=1e-6)
    q = md.Tensor([20.0, 55.5], allow_grad=True)
    np.sum(np.nanpercentile(x, q, axis=1, method=method) ** 2).backward()
    up, down = [
        numpy.sum(numpy.percentile(x, q.as_numpy() + h, axis=1, method=method) ** 2, axis=1)
        for h in (1e-5, -1e-5)
    ]
    numpy.testing.assert_allclose(q.grad.as_numpy(), (up - down) / 2e-5, rtol=1e-5)


def test_quantiles_in_steps_do_not_move_with_their_share():
    q = md.Tensor(0.3, allow_grad=True)
    assert not np.quantile([1.0, 2.0, 3.0], q, method="lower").allow_grad


def test_places_of_quantiles_are_not_rounded_to_half_precision():
    x = numpy.arange(2001, dtype=numpy.float16)
    # The place is 246.8; half precision has eighths there, and 246.875 for the place itself.
    assert float(np.quantile(x, 0.1234)) == 246.75


@pytest.mark.parametrize("name", ["nansum", "nanprod", "nanmean", "nanmax", "nanmin", "nanvar"])
def test_nothing_goes_to_nan(name):
    function = getattr(np, name)
    assert slope(function, [2.0, nan, 3.0])[1] == 0.0
    without = slope(function, [2.0, 3.0])
    assert slope(function, [2.0, nan, 3.0])[::2] == pytest.approx(without)


def test_lines_of_nan_alone():
    data = [[nan, nan], [1.0, 2.0]]
    for name in ("nanmean", "nanmax", "nanmin", "nanvar", "nanstd"):
        with numpy.errstate(all="ignore"):
            x = md.Tensor(data, allow_grad=True)
            out = getattr(np, name)(x, axis=1)
            np.sum(out[1:]).backward()
        assert numpy.isnan(out.as_numpy()).tolist() == [True, False], name
        assert x.grad.as_numpy()[0].tolist() == [0.0, 0.0], name


def test_too_few_numbers_for_a_spread():
    assert math.isnan(float(np.nanvar([1.0, nan], ddof=2)))
    assert math.isnan(float(np.nanvar([1.0, nan], ddof=1)))
    with numpy.errstate(all="ignore"):
        assert float(np.var([1.0, 2.0], ddof=3, mean=[1.5])) == inf
        assert float(np.cov([1.0, 2.0], ddof=3)) == inf


def test_the_spread_of_a_constant_is_flat():
    assert slope(np.nanstd, [2.0, 2.0, nan]) == [0.0, 0.0, 0.0]
    assert slope(lambda x: np.std(x, mean=[2.0]), [2.0, 2.0]) == [0.0, 0.0]


def test_a_mean_that_is_given_is_differentiated_too():
    x, m = md.Tensor([1.0, 4.0], allow_grad=True), md.Tensor([2.0], allow_grad=True)
    np.var(x, mean=m).backward()
    assert x.grad.as_numpy().tolist() == [-1.0, 2.0]  # 2 (x - m) / n
    assert m.grad.as_numpy().tolist() == [-1.0]


def test_a_tie_with_the_initial_value_is_shared():
    start = md.Tensor(3.0, allow_grad=True)
    assert slope(lambda x: np.max(x, initial=start), [1.0, 3.0]) == [0.0, 0.5]
    assert float(start.grad) == 0.5
    assert float(np.max([], initial=-1.0)) == -1.0
    with pytest.raises(ValueError, match="zero-size"):
        np.max([])


def test_weights_are_differentiated():
    a, w = md.Tensor([1.0, 5.0], allow_grad=True), md.Tensor([1.0, 3.0], allow_grad=True)
    np.average(a, weights=w).backward()
    assert a.grad.as_numpy().tolist() == [0.25, 0.75]
    assert w.grad.as_numpy().tolist() == [-0.75, 0.25]  # (a - mean) / sum of the weights


def test_correlations_stay_within_bounds():
    x = numpy.arange(9.0) / 7
    for k in range(1, 40):
        assert abs(float(np.corrcoef(x, x * k / 3)[0, 1])) <= 1.0


def test_coordinates_are_differentiated():
    # The slope at the end of f = [0, 1], h = x1 - x0, is 1 / h.
    x = md.Tensor([0.0, 2.0], allow_grad=True)
    np.gradient([0.0, 1.0], x)[0].backward()
    assert x.grad.as_numpy().tolist() == [0.25, -0.25]


def test_differences_of_no_order_are_the_array():
    assert np.diff([1, 4, 9], n=0).as_numpy().tolist() == [1, 4, 9]


def test_quantiles_and_averages_under_vmap():
    x = md.Tensor(numpy.random.default_rng(3).uniform(0, 1, (4, 5)))
    for function in (np.median, lambda v: np.quantile(v, 0.3), lambda v: np.average(v, weights=v)):
        expected = [float(function(row)) for row in x]
        assert md.vmap(function)(x).as_numpy().tolist() == pytest.approx(expected)


def test_numbers_of_axes_may_be_tensors():
    a = numpy.arange(6.0).reshape(2, 3)
    one = np.argmax([1, 2])  # a Tensor without axes
    for name in ("sum", "max", "mean", "median", "var", "sort", "cumsum", "argmax", "flip", "diff"):
        found, expected = getattr(np, name)(a, axis=one), getattr(numpy, name)(a, axis=1)
        assert found.tolist() == expected.tolist(), name
    assert np.linalg.norm(a, axis=one).tolist() == numpy.linalg.norm(a, axis=1).tolist()
    assert np.sum(a, axis=(0, one)).item() == 15.0


def test_methods_take_the_same_by_position():
    t = md.Tensor([[1.0, 2.0], [3.0, 5.0]])
    assert t.sum(1, None, None, True).tolist() == [[3.0], [8.0]]
    assert t.var(0, None, None, 1).tolist() == [2.0, 4.5]
    assert t.max(1, None, True).tolist() == [[2.0], [5.0]]
    assert t.round(1, None).tolist() == t.tolist()
    assert t.reshape(numpy.int64(4)).shape == t.reshape(np.max([3, 4])).shape == (4,)
    assert t.mean(where=[True, False]).item() == 2.0


def test_the_spread_of_complex_numbers_in_a_real_dtype():
    found = np.var([1 + 1j, 2 - 1j], dtype="f4")
    assert (found.item(), found.dtype) == (1.25, "float32")


def test_masks_leave_nothing_to_a_gradient():
    x = md.Tensor([1.0, math.nan, 3.0], allow_grad=True)
    mask = [True, False, True]
    for function in (np.sum, np.prod, np.mean, np.var, np.std):
        out = function(x, where=mask)
        out.backward()
        assert out.item() == pytest.approx(function([1.0, 3.0]).item())
        assert math.isfinite(x.grad[0].item())
        assert x.grad[1].item() == 0.0
    largest = np.max(x, where=mask, initial=-math.inf)
    largest.backward()
    assert x.grad.tolist() == [0.0, 0.0, 1.0]


def test_a_mask_of_nothing():
    with numpy.errstate(all="ignore"):
        assert math.isnan(float(np.mean([1.0, 2.0], where=[False, False])))
    assert np.sum([1.0, 2.0], where=False).item() == 0.0
    assert np.min([1, 2], where=[False, False], initial=7).item() == 7
