"""Special functions: SciPy's values, and derivatives against finite differences of them."""

import array_api_strict
import pytest

import minidiff as md
import numpy as np
from minidiff import special
from minidiff.testing import gradcheck, gradgradcheck

scipy_special = pytest.importorskip("scipy.special")

X = np.array([[0.3, 0.7], [1.4, 2.6]])
P = np.array([0.15, 0.5, 0.8])
Q = np.array([0.9, 0.4, 0.25])
SIGNED = np.array([-2.3, -0.4, 0.6, 1.7])

ONE = {
    **dict.fromkeys(("gamma", "gammaln", "digamma", "entr"), X),
    **dict.fromkeys(("erf", "erfc", "erfcx", "expit", "log_expit", "ndtr", "log_ndtr"), SIGNED),
    **dict.fromkeys(("i0", "i0e", "i1", "i1e", "j0", "j1"), SIGNED),
    **dict.fromkeys(("erfinv", "logit", "ndtri"), P),
}
TWO = ("beta", "betaln", "xlogy", "xlog1py", "rel_entr", "kl_div")
# With a parameter in front that has no derivative.
ORDERS = {
    **dict.fromkeys(("jv", "yv", "iv", "kv", "ive"), (0, 2, 0.5)),
    "polygamma": (0, 1, 3),
    **dict.fromkeys(("gammainc", "gammaincc"), (0.7, 1.0, 3.2)),
}

CALLS = [
    *[(name, name, (x,)) for name, x in ONE.items()],
    *[(name, name, (P, Q)) for name in TWO],
    *[(f"{name}-{v}", name, (v, X)) for name, several in ORDERS.items() for v in several],
    ("betainc", "betainc", (2.0, 1.5, P)),
]


def called(name, inputs):
    """The function of its arrays alone."""
    places = [i for i, one in enumerate(inputs) if isinstance(one, np.ndarray)]

    def function(*arrays):
        given = list(inputs)
        for place, array in zip(places, arrays, strict=True):
            given[place] = array
        return getattr(special, name)(*given)

    return function, [inputs[i] for i in places]


@pytest.mark.parametrize(("name", "inputs"), [c[1:] for c in CALLS], ids=[c[0] for c in CALLS])
def test_values_and_derivatives(name, inputs):
    function, arrays = called(name, inputs)
    tensors = [md.asarray(array) for array in arrays]
    expected = getattr(scipy_special, name)(*inputs)
    np.testing.assert_array_equal(function(*tensors).as_numpy(), expected)
    how = {"step": 1e-3, "rtol": 1e-6, "atol": 1e-7}
    assert gradcheck(function, tensors, **how)
    assert gradgradcheck(function, tensors, **how)


# SciPy's polygamma is a Python function, which makes arrays of what it is given.
UFUNCS = [c for c in CALLS if c[1] != "polygamma"]


@pytest.mark.parametrize(("name", "inputs"), [c[1:] for c in UFUNCS], ids=[c[0] for c in UFUNCS])
def test_scipys_own_functions_on_tensors(name, inputs):
    function, arrays = called(name, inputs)
    leaves = [md.Tensor(array, allow_grad=True) for array in arrays]
    given = iter(leaves)
    mixed = [next(given) if isinstance(one, np.ndarray) else one for one in inputs]
    found = getattr(scipy_special, name)(*mixed)
    assert type(found) is md.Tensor
    found.backward()
    gradients = [leaf.grad.as_numpy() for leaf in leaves]
    function(*leaves).backward()
    for one, leaf in zip(gradients, leaves, strict=True):
        np.testing.assert_array_equal(one, leaf.grad.as_numpy())


@pytest.mark.parametrize("name", ["erf", "gammaln", "expit", "i1"])
def test_third_order_float32_other_libraries_and_batches(name):
    f = getattr(special, name)
    gradient = md.grad(lambda x: md.sum(f(x)))
    assert gradgradcheck(gradient, md.asarray(X), step=1e-3, rtol=1e-5, atol=1e-6)
    x = md.Tensor(X, allow_grad=True, dtype=md.float32)
    f(x).backward()
    assert x.grad.dtype == np.dtype("float32")
    np.testing.assert_allclose(x.grad.as_numpy(), gradient(X).as_numpy(), rtol=1e-5)
    xp = md.wrap(array_api_strict)
    strict = md.grad(lambda x: xp.sum(f(x)))(xp.asarray(X))
    np.testing.assert_allclose(strict.as_numpy(), gradient(X).as_numpy(), rtol=1e-12)
    rows = md.vmap(gradient)(md.asarray(X))
    np.testing.assert_allclose(rows.as_numpy(), gradient(X).as_numpy(), rtol=1e-12)


def test_no_elements_and_no_axes():
    assert special.erf(md.zeros((0, 3))).shape == (0, 3)
    assert float(md.grad(special.erf)(0.0)) == pytest.approx(2 / np.sqrt(np.pi))


# ---- awkward points


def gradient_at(f, *at):
    leaves = [md.Tensor(np.asarray(one, float), allow_grad=True) for one in at]
    with np.errstate(all="ignore"):
        f(*leaves).backward()
    return [leaf.grad.item() for leaf in leaves]


def test_limits_at_the_edges():
    assert gradient_at(special.xlogy, 0.0, 2.0) == [np.log(2.0), 0.0]
    assert gradient_at(special.entr, 0.0) == [np.inf]
    assert gradient_at(special.logit, 0.0) == [np.inf]
    assert gradient_at(special.logit, 1.0) == [np.inf]
    assert gradient_at(special.log_expit, -1000.0) == [1.0]
    assert gradient_at(special.log_expit, 1000.0) == [0.0]
    assert gradient_at(special.log_ndtr, -40.0)[0] == pytest.approx(40.02495, rel=1e-6)
    assert gradient_at(special.i1, 0.0) == [0.5]
    assert gradient_at(special.erfcx, 1e3)[0] < 0.0


@pytest.mark.parametrize("parameter", ["v", "n", "a"])
def test_parameters_without_a_derivative(parameter):
    name = {"v": "jv", "n": "polygamma", "a": "gammainc"}[parameter]
    order = md.Tensor(2.0, allow_grad=True)
    out = getattr(special, name)(order, md.asarray(X))
    with pytest.raises(NotImplementedError, match=f"{name} has no derivative in {parameter}"):
        out.backward()
    with pytest.raises(NotImplementedError, match="take"):
        md.jvp(lambda v: getattr(special, name)(v, md.asarray(X)), [order], [order])


# ---- sums of exponentials

A = np.array([[0.3, -1.2, 2.1], [1.7, 0.4, -0.6]])


@pytest.mark.parametrize(
    "options",
    [{}, {"axis": 0}, {"axis": -1, "keepdims": True}, {"axis": (0, 1)}, {"b": np.exp(A[::-1])}],
    ids=str,
)
def test_logsumexp(options):
    found = special.logsumexp(A, **options)
    np.testing.assert_allclose(found.as_numpy(), scipy_special.logsumexp(A, **options), rtol=1e-14)
    assert gradcheck(lambda a: special.logsumexp(a, **options), md.asarray(A))
    assert gradgradcheck(lambda a: special.logsumexp(a, **options), md.asarray(A))


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 1)])
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax(name, axis):
    f = getattr(special, name)
    expected = getattr(scipy_special, name)(A, axis)
    np.testing.assert_allclose(f(A, axis).as_numpy(), expected, rtol=1e-13)
    assert gradcheck(lambda a: f(a, axis), md.asarray(A))
    assert gradgradcheck(lambda a: f(a, axis), md.asarray(A), rtol=1e-6, atol=1e-6)


def test_sums_of_exponentials_far_out():
    inf = np.inf
    for at, value, gradient in (
        ([1000.0, 1000.0], 1000.0 + np.log(2.0), [0.5, 0.5]),
        ([-1000.0, 0.0], 0.0, [0.0, 1.0]),
        ([-inf, -inf], -inf, [0.5, 0.5]),
        ([-inf, 3.0], 3.0, [0.0, 1.0]),
        ([inf, inf, 1.0], inf, [0.5, 0.5, 0.0]),
    ):
        x = md.Tensor(at, allow_grad=True)
        out = special.logsumexp(x)
        out.backward()
        assert out.item() == value
        assert x.grad.tolist() == pytest.approx(gradient, rel=1e-12)
    assert special.softmax([-inf, 0.0, 0.0]).tolist() == [0.0, 0.5, 0.5]
