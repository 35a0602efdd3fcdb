"""detect_anomaly() and strong zeros: finding the first nan, and doing without it."""

import array_api_strict
import pytest

import minidiff as md
import minidiff.array_api as numpy_xp
import numpy as np


@pytest.fixture(params=["numpy", "strict"])
def xp(request):
    return md.wrap(array_api_strict) if request.param == "strict" else numpy_xp


@pytest.fixture(autouse=True)
def quiet():
    with np.errstate(all="ignore"):
        yield


def leaf(xp, data):
    x = xp.asarray(np.asarray(data), copy=True)
    x.allow_grad = True
    return x


def guarded(xp, x):
    return xp.where(x > 0, xp.sqrt(x), 0.0)


# ---- anomalies


@pytest.mark.parametrize("higher", [False, True])
def test_the_operation_its_shapes_and_the_line_are_named(xp, higher):
    with md.detect_anomaly():
        x = leaf(xp, [[0.0, 4.0]])
        y = xp.where(x > 0, xp.sqrt(x), 0.0)  # the line to be named
        with pytest.raises(FloatingPointError) as found:
            y.backward(allow_higher_order=higher)
    message = str(found.value)
    assert message.startswith("d(sqrt)/d(x) made inf or nan in 1 of 2 elements (shape (1, 2)")
    assert "test_anomaly.py:" in message
    assert "# the line to be named" in message
    assert "strong_zeros()" in message
    assert x.grad is None


def test_the_first_one_is_meant(xp):
    """log gets an infinite gradient from sqrt, and is not to blame for it."""
    with md.detect_anomaly():
        x = leaf(xp, [1.0, 2.0])
        y = xp.sum(xp.sqrt(xp.log(x)))
        with pytest.raises(FloatingPointError, match=r"^d\(sqrt\)/d\(x\)"):
            y.backward()


def test_a_function_with_several_results(xp):
    with md.detect_anomaly():
        x = leaf(xp, np.zeros((2, 2)))
        y = xp.linalg.slogdet(x).logabsdet
        with pytest.raises(
            FloatingPointError, match=r"^d\(slogdet\)/d\(x\) made inf or nan in 4 of"
        ):
            y.backward()
        x = leaf(xp, np.diag([1.0, 2.0]))
        xp.sum(xp.linalg.svd(x, full_matrices=False).S).backward()  # clean


def test_inside_vmap(xp):
    with md.detect_anomaly():
        found = md.vmap(md.grad(xp.sin))(xp.ones((3,)))
        np.testing.assert_allclose(found.as_numpy(), [np.cos(1.0)] * 3)
        assert md.jacobian(xp.sin)(xp.ones((4,))).shape == (4, 4)
        with pytest.raises(
            FloatingPointError, match=r"^d\(sqrt\)/d\(x\) made inf or nan in 1 of 3"
        ):
            md.vmap(md.grad(xp.sqrt))(xp.asarray([1.0, 0.0, 4.0]))


def test_the_warning_points_at_the_users_line(xp):
    with md.detect_anomaly("warn"):
        x = leaf(xp, [0.0, 4.0])
        y = xp.sqrt(x)
        with pytest.warns(RuntimeWarning, match=r"d\(sqrt\)") as found:
            y.backward()
    assert found[0].filename == __file__


def test_several_arrays(xp):
    with md.detect_anomaly():
        x = leaf(xp, [-1.0, 2.0])
        n = leaf(xp, [2.0, 3.0])
        with pytest.raises(FloatingPointError, match=r"^d\(pow\)/d\(x2\).*1 of 2"):
            (x**n).backward()


def test_wide_operations_and_seeds_that_are_bad_already(xp):
    with md.detect_anomaly():
        x = leaf(xp, [1.0, 2.0])
        y = xp.concat([x, x])
        y.backward(xp.asarray([np.inf, 1.0, 1.0, 1.0]))
    assert x.grad.as_numpy().tolist() == [np.inf, 2.0]


def test_outside_of_it_nothing_is_checked_and_no_line_is_kept(xp):
    x = leaf(xp, [0.0, 4.0])
    y = guarded(xp, x)
    y.backward(cleanup_mode="keep")
    assert np.isnan(x.grad.as_numpy()[0])
    with md.detect_anomaly(), pytest.raises(FloatingPointError, match="recorded outside detect"):
        y.backward()


def test_a_warning_instead(xp):
    with md.detect_anomaly(mode="warn"):
        x = leaf(xp, [0.0, 4.0])
        y = guarded(xp, x)
        with pytest.warns(RuntimeWarning, match=r"^d\(sqrt\)/d\(x\) made inf or nan"):
            y.backward()
    assert np.isnan(x.grad.as_numpy()[0])


def test_it_goes_with_the_other_switches(xp):
    with md.detect_anomaly(), md.no_grad():
        assert not (leaf(xp, [1.0]) * 2.0).allow_grad
        with md.enable_grad():
            y = xp.sqrt(leaf(xp, [0.0]))
        with pytest.raises(FloatingPointError, match=r"test_anomaly\.py"):
            y.backward()
    _, tangent = md.jvp(md.detect_anomaly()(lambda x: x * x), [xp.ones(2)], [xp.ones(2)])
    assert tangent.as_numpy().tolist() == [2.0, 2.0]


# ---- strong zeros

BAD = {
    "sqrt": (lambda xp, x: xp.sqrt(x), 0.0, lambda x: 0.5 / np.sqrt(x)),
    "log": (lambda xp, x: xp.log(x), 0.0, lambda x: 1 / x),
    "divide": (lambda xp, x: 3.0 / x, 0.0, lambda x: -3 / x**2),
    "pow": (lambda xp, x: x**0.5 * xp.log(x), 0.0, lambda x: (np.log(x) / 2 + 1) / np.sqrt(x)),
}


@pytest.mark.parametrize("way", ["argument", "context"])
@pytest.mark.parametrize("name", BAD)
def test_strong_zeros(xp, name, way):
    function, bad, slope = BAD[name]
    x = leaf(xp, [bad, 4.0])
    y = xp.where(x > 1.0, function(xp, x), 0.0)
    y.backward(cleanup_mode="keep")
    assert np.isnan(x.grad.as_numpy()[0])
    if way == "argument":
        y.backward(strong_zeros=True)
    else:
        with md.strong_zeros():
            y.backward()
    np.testing.assert_allclose(x.grad.as_numpy(), [0.0, slope(4.0)], rtol=1e-14)


def test_strong_zeros_to_second_order(xp):
    x = leaf(xp, [0.0, 4.0])
    with md.strong_zeros():
        guarded(xp, x).backward(allow_higher_order=True)
        x.grad.backward()
    np.testing.assert_allclose(x.grad.as_numpy(), [0.0, -0.25 * 4.0**-1.5], rtol=1e-14)


def test_strong_zeros_change_nothing_where_nothing_is_bad(xp):
    at = np.array([[0.3, -1.2], [2.0, 0.7]])
    found = []
    for strong in (False, True):
        x = leaf(xp, at)
        y = xp.sum(xp.sin(x) @ xp.exp(x) * xp.where(x > 0, x, 0.0), axis=0) / xp.tanh(x)
        y.backward(strong_zeros=strong)
        found.append(x.grad.as_numpy())
    np.testing.assert_array_equal(*found)


def test_anomaly_mode_is_content_with_strong_zeros(xp):
    with md.detect_anomaly(), md.strong_zeros():
        x = leaf(xp, [0.0, 4.0])
        guarded(xp, x).backward()
    np.testing.assert_allclose(x.grad.as_numpy(), [0.0, 0.25])


def test_strong_zeros_leave_what_is_finite_as_it_depends_on_what_arrives(xp):
    with md.strong_zeros():
        slope = md.linearize(xp.sin, xp.asarray([0.0, 1.0]))[1](xp.ones((2,)))
        np.testing.assert_allclose(slope.as_numpy(), np.cos([0.0, 1.0]))
        assert md.grad(md.grad(lambda x: xp.sin(x) ** 2))(xp.asarray(0.0)).item() == 2.0


@pytest.mark.parametrize(
    "function",
    [
        lambda xp, x: xp.sum(x @ xp.asarray([[np.inf, 1.0], [1.0, 1.0]])),
        lambda xp, x: xp.linalg.slogdet(xp.stack([x, x])).logabsdet,
        lambda xp, x: xp.prod(x * 1e200),
    ],
    ids=["matmul", "slogdet", "prod"],
)
def test_strong_zeros_of_other_functions_where_nothing_arrives(xp, function):
    x = leaf(xp, [2.0, 3.0])
    kept = function(xp, x)
    xp.where(xp.asarray(False), kept, 0.0).backward(strong_zeros=True)
    np.testing.assert_array_equal(x.grad.as_numpy(), [0.0, 0.0])
