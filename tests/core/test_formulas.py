"""What users' formulas may return, and how rows that users write are read."""

import functools
import re

import array_api_strict
import pytest

import minidiff as md
import minidiff.array_api
import numpy as np


@pytest.fixture(params=["numpy", "strict"])
def ns(request):
    return minidiff.array_api if request.param == "numpy" else md.wrap(array_api_strict)


def leaf(ns, data):
    x = ns.asarray(np.asarray(data), copy=True)
    x.allow_grad = True
    return x


def floor(xp, x, /):
    """A row without annotations."""
    return xp.floor(x)


# ---- results


@pytest.mark.parametrize("higher", [False, True])
def test_a_number_is_that_much_for_each_element(ns, higher):
    step = md.elementwise(x=lambda g: 0.0)(floor)
    x = leaf(ns, [1.0, 5.5, 2.0])
    step(x).backward(allow_higher_order=higher)
    np.testing.assert_array_equal(x.grad.as_numpy(), [0.0, 0.0, 0.0])
    assert x.grad.dtype == x.dtype
    _, tangent = md.jvp(step, [x], [x])
    np.testing.assert_array_equal(tangent.as_numpy(), [0.0, 0.0, 0.0])


def test_a_jvp_may_be_a_number_or_nothing(ns):
    for result in (0, None):
        step = md.differentiable(x=lambda g: 0 * g, jvp=lambda out, result=result: result)
        with pytest.raises(TypeError, match="jvp of floor asks for 'result'"):
            step(floor)
    for jvp in (lambda: 0, lambda: None):
        _, tangent = md.jvp(
            md.differentiable(x=lambda g: 0 * g, jvp=jvp)(floor), [ns.ones((2,))], [ns.ones((2,))]
        )
        np.testing.assert_array_equal(tangent.as_numpy(), [0.0, 0.0])


def test_less_than_the_input_is_broadcast(ns):
    mean = md.linear(x=lambda g: g / 3)(lambda xp, x: xp.mean(x))
    x = leaf(ns, [1.0, 5.5, 2.0])
    mean(x).backward()
    np.testing.assert_allclose(x.grad.as_numpy(), [1 / 3] * 3, rtol=1e-15)


@pytest.mark.parametrize("higher", [False, True])
def test_gradients_have_the_dtype_and_realness_of_their_input(ns, higher):
    def to_complex(xp, x, /):
        return x * (1 + 2j)

    def to_single(xp, x, /):
        return xp.astype(x, xp.float32)

    for row, formula, expected in (
        (to_complex, lambda g: g * (1 + 2j), 1.0),
        (to_single, lambda xp, g: xp.astype(g, xp.float32), 1.0),
    ):
        x = leaf(ns, [1.0, 2.0])
        out = md.elementwise(x=formula)(row)(x)
        assert out.dtype != x.dtype
        out.backward(allow_higher_order=higher)
        assert x.grad.dtype == x.dtype
        np.testing.assert_allclose(x.grad.as_numpy(), [expected, expected])


def test_impossible_results_are_named(ns):
    seven = md.elementwise(x=lambda xp, g: xp.ones((7,)))(floor)
    with pytest.raises(ValueError, match=re.escape("d(floor)/d(x) returned shape (7,) where (2,)")):
        seven(leaf(ns, [1.0, 2.0])).backward()
    nothing = md.linear(x=lambda g: None)(floor)
    with pytest.raises(TypeError, match=re.escape("d(floor)/d(x) returned None")):
        nothing(leaf(ns, [1.0, 2.0])).backward()
    wrong = md.linear(x=lambda xp, g: xp.ones((7,)))(floor)
    with pytest.raises(ValueError, match=re.escape("shape (7,) for an input of shape (2,)")):
        wrong(leaf(ns, [1.0, 2.0])).backward()


# ---- rows


def test_rows_need_no_annotation(ns):
    where_largest = md.nondifferentiable(lambda xp, x: xp.argmax(x))
    x = leaf(ns, [1.0, 5.0, 2.0])
    found = where_largest(x)
    assert type(found) is md.Tensor
    assert found.item() == 1
    copied = md.nondifferentiable(lambda xp, x: xp.asarray(x, copy=True))(x)
    assert not copied.allow_grad


def test_without_arrays_a_device_decides():
    @md.nondifferentiable
    def threes(xp, *, device=None):
        return 3.0 * xp.ones((2,), device=device)

    np.testing.assert_array_equal(threes().as_numpy(), [3.0, 3.0])
    np.testing.assert_array_equal(threes(device="cpu").as_numpy(), [3.0, 3.0])


def test_parameters_may_have_any_name_that_formulas_leave_free(ns):
    @md.elementwise(x=lambda g, formula, node, lift: g * formula * node * lift)
    def scaled(xp, x, /, *, formula=2.0, node=3.0, defaults=None, lift=1.0):
        return x * (formula * node * lift)

    x = leaf(ns, [1.0, 2.0])
    scaled(x, node=5.0).backward()
    np.testing.assert_array_equal(x.grad.as_numpy(), [10.0, 10.0])
    for name in ("g", "out", "dx"):
        row = {}
        exec(f"def f(xp, x, /, *, {name}=1): return x", row)
        with pytest.raises(TypeError, match=f"f: a parameter may not be called '{name}'"):
            md.elementwise(x=lambda g: g)(row["f"])


def test_a_formula_is_a_function_whose_parameters_can_be_read():
    for formula, kind in ((np.sin, "ufunc"), (functools.partial(np.multiply, 2), "partial")):
        with pytest.raises(TypeError, match=f"floor: the formula for 'x' is a {kind}"):
            md.elementwise(x=formula)(floor)
        with pytest.raises(TypeError, match=f"floor: the formula for 'jvp' is a {kind}"):
            md.differentiable(x=lambda g: g, jvp=formula)(floor)
