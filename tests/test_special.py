"""Special functions: SciPy's values, and derivatives against finite differences of them."""

import os
import subprocess
import sys

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


@pytest.mark.parametrize(
    "name", ["erf", "erfcx", "log_ndtr", "gammaln", "expit", "entr", "i1", "i1e"]
)
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


# ---- what is accepted


@pytest.mark.parametrize(
    "x", [0.5, 1, True, np.float32(0.5), [1, 2], [[0.5], [2.0]], X, (0.1, 0.2)]
)
def test_whatever_scipy_accepts(x):
    for name in ("erf", "gammaln", "expit"):
        found = getattr(special, name)(x)
        expected = getattr(scipy_special, name)(x)
        assert type(found) is md.Tensor
        assert found.dtype == np.asarray(expected).dtype or isinstance(x, bool)
        np.testing.assert_allclose(found.as_numpy(), expected, rtol=1e-15)


@pytest.mark.parametrize(
    ("name", "inputs"),
    [
        ("jv", (1, X)),
        ("jv", (1, X.astype("float32"))),
        ("jv", ([0, 1], 2.0)),
        ("polygamma", (1, X)),
        ("xlogy", (2, 3)),
        ("xlogy", (X, [1, 2])),
        ("betainc", (2, 3.0, P)),
        ("betainc", ([1.0], P, 0.25)),
        ("gammainc", (X, 1.0)),
    ],
)
def test_whatever_scipy_accepts_for_several(name, inputs):
    found = getattr(special, name)(*inputs)
    expected = np.asarray(getattr(scipy_special, name)(*inputs))
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found.as_numpy(), expected, rtol=1e-14)


def test_lists_of_tensors_and_arrays_beside_tensors_keep_the_history():
    x, y = md.Tensor(0.5, allow_grad=True), md.Tensor(X, allow_grad=True, dtype=md.float32)
    special.erf([x, 2.0]).backward()
    assert x.grad.item() == pytest.approx(2 / np.sqrt(np.pi) * np.exp(-0.25))
    special.xlogy(X, y).backward()
    assert y.grad.dtype == np.dtype("float32")
    np.testing.assert_allclose(y.grad.as_numpy(), 1.0, rtol=1e-6)
    for name, parameters in (("gammainc", (2.0,)), ("betainc", (2, 3)), ("jv", (1,))):
        z = md.Tensor(P, allow_grad=True, dtype=md.float32)
        getattr(special, name)(*parameters, z).backward()
        assert z.grad.dtype == np.dtype("float32")


@pytest.mark.parametrize("name", ["erf", "erfc", "erfcx", "ndtr", "log_ndtr", "gamma", "digamma"])
def test_complex_numbers(name):
    z = md.asarray([0.4 - 0.3j, 1.2 + 0.5j])
    f = getattr(special, name)
    np.testing.assert_array_equal(f(z).as_numpy(), getattr(scipy_special, name)(z.as_numpy()))
    if name != "digamma":  # trigamma is SciPy's zeta, of real numbers alone
        assert gradcheck(f, z)


def test_complex_entropies():
    z = md.asarray([0.4 - 0.3j, 1.2 + 0.5j])
    assert gradcheck(special.xlogy, [z, z[::-1] * 1.0])
    assert gradcheck(special.xlog1py, [z, z[::-1] * 1.0])


def test_keywords_of_ufuncs():
    x, mask = md.Tensor(P, allow_grad=True), np.array([True, False, True])
    room = md.zeros(3)
    out = special.xlogy(x, [1.0, 2.0, 3.0], out=room, where=mask)
    assert out is room
    out.backward()
    assert x.grad.tolist() == [0.0, 0.0, np.log(3.0)]
    assert special.erf(P, dtype="float32").dtype == np.dtype("float32")
    out = scipy_special.erf(x, where=mask)
    out.backward()
    assert x.grad.tolist()[1] == 0.0


# ---- parameters without a derivative


@pytest.mark.parametrize("parameter", ["v", "n", "a"])
def test_parameters_without_a_derivative(parameter):
    name = {"v": "jv", "n": "polygamma", "a": "gammainc"}[parameter]
    order = md.Tensor(2.0, allow_grad=True)
    out = getattr(special, name)(order, md.asarray(X))
    with pytest.raises(NotImplementedError, match=f"{name} has no derivative in {parameter}"):
        out.backward()
    with pytest.raises(NotImplementedError, match="take"):
        md.jvp(lambda v: getattr(special, name)(v, md.asarray(X)), [order], [order])


@pytest.mark.parametrize("name", ["gammainc", "betainc"])
def test_mixed_derivatives_are_refused_too(name):
    more = (3.0,) if name == "betainc" else ()
    f = getattr(special, name)
    slope = md.grad(lambda x, a: f(a, *more, x))
    with pytest.raises(NotImplementedError, match=f"{name} has no derivative in a"):
        md.grad(lambda a: slope(0.5, a))(2.0)


# ---- SciPy's own array mode

ARRAY_MODE = """
import minidiff as md
import minidiff.special
import scipy.special as sp

x = md.Tensor([0.3, 0.6], allow_grad=True)
for name, parameters in {calls}:
    results = []
    for module in (md.special, sp):
        out = getattr(module, name)(*parameters, x)
        out.backward()
        results.append((out.tolist(), x.grad.tolist()))
    assert results[0] == results[1], name
print("done")
"""


def test_with_scipys_array_api_switched_on():
    leading = {"polygamma": (1,), "jv": (1,), "gammainc": (2.0,), "betainc": (2.0, 3.0)}
    calls = [*[(name, ()) for name in ONE], *[(name, (0.5,)) for name in TWO], *leading.items()]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ARRAY_MODE.format(calls=calls)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SCIPY_ARRAY_API": "1"},
    )
    assert done.stdout.strip() == "done", done.stderr
