"""logsumexp, softmax and log_softmax: SciPy's values, and derivatives, infinities and weights."""

import array_api_strict
import pytest

import minidiff as md
import numpy as np
from minidiff import special
from minidiff.testing import gradcheck, gradgradcheck

scipy_special = pytest.importorskip("scipy.special")

A = np.array([[0.3, -1.2, 2.1], [1.7, 0.4, -0.6]])
B = np.array([[1.5, -0.2, 0.7], [-0.4, 2.0, 1.0]])
C = A + 1j * A[:, ::-1]
inf, nan = np.inf, np.nan


def gradients(f, *at):
    """The value, and the gradient in each of some arrays."""
    leaves = [md.Tensor(np.asarray(one, float), allow_grad=True) for one in at]
    out = f(*leaves)
    out.backward()
    return out.item(), *[leaf.grad.tolist() for leaf in leaves]


# ---- along axes


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"axis": 0},
        {"axis": ()},
        {"axis": -1, "keepdims": True},
        {"axis": (0, 1)},
        {"axis": (-1, 0), "keepdims": True},
        {"axis": np.int64(1)},
        {"b": np.exp(A[::-1])},
        {"b": B, "return_sign": True},
        {"b": -B[0], "axis": 1, "return_sign": True, "keepdims": True},
        {"b": 2},
        {"b": [[1, 0, 3]], "axis": 1},
    ],
    ids=str,
)
def test_logsumexp(options):
    found = special.logsumexp(A, **options)
    expected = scipy_special.logsumexp(A, **options)
    for one, other in zip(parts(found), parts(expected), strict=True):
        np.testing.assert_allclose(one.as_numpy(), other, rtol=1e-14)

    def f(a):
        return parts(special.logsumexp(a, **options))[0]

    assert gradcheck(f, md.asarray(A))
    assert gradgradcheck(f, md.asarray(A), rtol=1e-6, atol=1e-6)


def parts(found):
    return found if type(found) is tuple else (found,)


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 1), np.int64(1)])
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax(name, axis):
    f = getattr(special, name)
    expected = getattr(scipy_special, name)(A, axis)
    np.testing.assert_allclose(f(A, axis).as_numpy(), expected, rtol=1e-14)
    assert gradcheck(lambda a: f(a, axis), md.asarray(A))
    assert gradgradcheck(lambda a: f(a, axis), md.asarray(A), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", ["logsumexp", "softmax", "log_softmax"])
def test_axes_out_of_range(name):
    f = getattr(special, name)
    for axis in (7, -3, (0, 7)):
        with pytest.raises(np.exceptions.AxisError):
            f(A, axis)
    with pytest.raises(ValueError, match="repeated axis"):
        f(A, (1, -1))


@pytest.mark.parametrize("name", ["logsumexp", "softmax", "log_softmax"])
def test_other_libraries_batches_integers_and_complex_numbers(name):
    f = getattr(special, name)
    expected = getattr(scipy_special, name)
    np.testing.assert_allclose(f([1, 2]).as_numpy(), expected([1.0, 2.0]), rtol=1e-15)
    assert f(md.asarray(A, dtype=md.float32)).dtype == np.dtype("float32")
    xp = md.wrap(array_api_strict)
    a = xp.asarray(A)
    np.testing.assert_allclose(f(a, 1).as_numpy(), expected(A, 1), rtol=1e-14)
    assert gradgradcheck(lambda a: f(a, 1), a, rtol=1e-6, atol=1e-6)
    rows = md.vmap(md.jacobian(f))(md.asarray(A))
    np.testing.assert_allclose(rows[1].as_numpy(), md.jacobian(f)(A[1]).as_numpy(), rtol=1e-13)
    np.testing.assert_allclose(f(C, 0).as_numpy(), expected(C, 0), rtol=1e-14)
    assert gradcheck(lambda a: f(a, 0), md.asarray(C))
    assert gradgradcheck(lambda a: f(a, 0), md.asarray(C), rtol=1e-6, atol=1e-6)


# ---- weights


def test_logsumexp_of_weights():
    for library in (md, md.wrap(array_api_strict)):
        at = [library.asarray(A), library.asarray(B)]
        for axis in (None, 0, 1):
            assert gradcheck(signed(axis), at)
            assert gradgradcheck(signed(axis), at, rtol=1e-6, atol=1e-6)


def signed(axis):
    return lambda a, b: special.logsumexp(a, axis, b, return_sign=True)[0]


def test_logsumexp_of_complex_weights():
    for a, b in ((C, B), (A, C), (C, C[::-1])):
        found = special.logsumexp(a, 1, b, return_sign=True)
        expected = scipy_special.logsumexp(a, 1, b, return_sign=True)
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one.as_numpy(), other, rtol=1e-13)
        assert gradcheck(signed(1), [md.asarray(a), md.asarray(b)])
        assert gradcheck(lambda a, b: special.logsumexp(a, 1, b), [md.asarray(a), md.asarray(b)])


def test_weights_of_zero():
    def f(a, b):
        return special.logsumexp(a, b=b)

    value, da, db = gradients(f, [1.0, 2.0], [0.0, 1.0])
    assert (value, da) == (2.0, [0.0, 1.0])
    assert db == pytest.approx([np.exp(-1.0), 1.0], rel=1e-15)
    # A term is left out, whatever it is; its own weight would change the sum without bound.
    assert gradients(f, [1.0, inf], [1.0, 0.0]) == (1.0, [1.0, 0.0], [1.0, inf])
    assert gradients(f, [1.0, 2000.0], [1.0, 0.0]) == (1.0, [1.0, 0.0], [1.0, inf])
    assert special.logsumexp([1.0, nan], b=[1.0, 0.0]).item() == 1.0
    # d²/da db is the derivative in b, of which a weight of 0 is no special case.
    at = [md.asarray([1.0, 2.0]), md.asarray([0.0, 1.0])]
    assert gradgradcheck(f, at, rtol=1e-6, atol=1e-6)


def test_signs():
    assert special.logsumexp([2.0, 1.0], b=[1.0, -1.0]).item() == pytest.approx(
        1.5413248546129181,  # log(exp(2) - exp(1)), computed with mpmath at 50 digits
        rel=1e-15,
    )
    assert np.isnan(special.logsumexp([1.0, 2.0], b=[1.0, -1.0]).item())
    for a, b in (
        ([1.0, 2.0], [1.0, -1.0]),
        ([1.0, 1.0], [1.0, -1.0]),
        ([-inf, -inf], None),
        ([-inf, 3.0], None),
        ([inf, 1.0], [-1.0, 1.0]),
        ([inf, inf], [2.0, -1.0]),
        ([1.0, nan], None),
        (3.0, -1.0),
    ):
        expected = scipy_special.logsumexp(a, b=b, return_sign=True)
        with np.errstate(invalid="ignore"):  # inf - inf
            found = special.logsumexp(a, b=b, return_sign=True)
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one.as_numpy(), other, rtol=1e-15)


# ---- far out


def test_sums_of_exponentials_far_out():
    for at, value, gradient in (
        ([1000.0, 1000.0], 1000.0 + np.log(2.0), [0.5, 0.5]),
        ([-1000.0, 0.0], 0.0, [0.0, 1.0]),
        ([-inf, -inf], -inf, [0.5, 0.5]),
        ([-inf, 3.0], 3.0, [0.0, 1.0]),
        ([inf, inf, 1.0], inf, [0.5, 0.5, 0.0]),
        ([inf, 1000.0], inf, [1.0, 0.0]),
        ([0.0, -50.0], np.exp(-50.0), [1.0, np.exp(-50.0)]),
    ):
        found, d = gradients(special.logsumexp, at)
        assert found == value
        assert d == pytest.approx(gradient, rel=1e-12)
    assert special.softmax([-inf, 0.0, 0.0]).tolist() == [0.0, 0.5, 0.5]
    assert special.log_softmax([1e10, 1e10]).tolist() == pytest.approx([-np.log(2.0)] * 2)


def test_nan_is_not_hidden():
    value, d = gradients(special.logsumexp, [nan, 1.0])
    assert np.isnan(value)
    assert np.isnan(d).all()


def test_sums_of_nothing():
    assert special.logsumexp([]).item() == -inf
    assert [one.item() for one in special.logsumexp([], return_sign=True)] == [-inf, 0.0]
    assert special.logsumexp(np.zeros((0, 3)), axis=0).tolist() == [-inf] * 3
    assert special.logsumexp(np.zeros((0, 3)), axis=1, keepdims=True).shape == (0, 1)
    x = md.Tensor(np.zeros((0, 3)), allow_grad=True)
    special.logsumexp(x, axis=0).backward()
    assert x.grad.shape == (0, 3)
    assert special.softmax(md.zeros((0, 3)), axis=1).shape == (0, 3)
