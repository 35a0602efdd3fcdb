"""NumPy's own functions on Tensors: an answer with history, or an error, never a bare array."""

import pytest
from calls import ARRAYS, CALLS
from test_names import as_leaves, evaluated, results, used  # of tests/numpy

import minidiff as md
import minidiff.numpy as mnp
import numpy as np

A = np.array([[0.3, -1.2, 2.1], [1.7, 0.4, -0.6]])

TEXTS = [
    (name, text)
    for name, texts in CALLS.items()
    for text in texts
    if any(array.dtype.kind in "fc" for array in used(text).values())
]

# NumPy makes an array of these itself, and asks nobody: a Tensor with a history refuses.
REFUSES = (
    "np.array(",
    "np.asarray(",
    "np.asanyarray(",
    "np.ascontiguousarray(",
    "np.sum([",
    "np.full(",
)


def leaf(array=A):
    return md.Tensor(array, allow_grad=True)


@pytest.mark.parametrize(("name", "text"), TEXTS)
def test_every_call_of_the_drop_in_by_numpy_itself(name, text):
    arrays = used(text)
    if text.startswith(REFUSES) or "(np.asarray(" in text:
        with pytest.raises(TypeError, match="silently lose its history"):
            evaluated(text, np, as_leaves(arrays))
        return
    expected = results(evaluated(text, np, {n: a.copy() for n, a in arrays.items()}))
    found = results(evaluated(text, np, as_leaves(arrays)))
    same = results(evaluated(text, mnp, as_leaves(arrays)))
    for one, other, ours in zip(found, expected, same, strict=True):
        if isinstance(other, np.ndarray | np.generic):
            assert type(one) is md.Tensor
            assert (one.shape, one.dtype) == (other.shape, other.dtype)
            np.testing.assert_allclose(one.as_numpy(), other, rtol=1e-12, atol=1e-13)
            assert one.allow_grad == ours.allow_grad
        else:
            assert one == other


def test_the_table_of_calls_is_there():
    assert len(TEXTS) > 500
    assert "a" in ARRAYS


@pytest.mark.parametrize(
    "function",
    [
        lambda x: A * x,
        lambda x: np.float64(2.0) * x,
        lambda x: np.ones((2, 2)) @ x,
        lambda x: np.float32(3.0) - x,
        lambda x: np.add.reduce(x),
        lambda x: np.add.reduce(x, axis=1, keepdims=True),
        lambda x: np.multiply.reduce(x, axis=None),
        lambda x: np.maximum.reduce(x, axis=-1),
        lambda x: np.add.accumulate(x, axis=1),
        lambda x: np.multiply.accumulate(x),
        lambda x: np.multiply.outer(x, A[0]),
        lambda x: np.subtract.outer(A[1], x),
        lambda x: np.add(x, 1, dtype=np.float64),
        lambda x: np.sum(x, axis=0, keepdims=True),
    ],
)
def test_operators_and_methods_of_ufuncs(function):
    x = leaf()
    found, expected = function(x), function(A)
    assert type(found) is md.Tensor
    np.testing.assert_allclose(found.as_numpy(), expected, rtol=1e-14)
    assert found.allow_grad
    found.backward()
    assert x.grad.shape == A.shape
    assert (x.grad.as_numpy() != 0).any()


def test_out_is_a_tensor():
    x, out = leaf(), mnp.zeros((2, 3))
    assert np.multiply(x, A, out=out) is out
    np.testing.assert_array_equal(out.as_numpy(), A * A)
    total = mnp.zeros(3)
    assert np.sum(x * out, axis=0, out=total) is total
    total.backward()
    np.testing.assert_allclose(x.grad.as_numpy(), 2 * A * A)


def test_an_array_takes_what_has_no_history():
    array = A.copy()
    array += mnp.asarray([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(array, A + np.array([1.0, 2.0, 3.0]))
    out = np.zeros(3)
    np.sum(mnp.asarray(A), axis=0, out=out)
    np.testing.assert_array_equal(out, A.sum(axis=0))


def test_at_adds_in_place():
    x, b = mnp.zeros(3), leaf(np.array([1.0, 2.0]))
    np.add.at(x, [0, 0], b)
    assert x.as_numpy().tolist() == [3.0, 0.0, 0.0]
    x.backward()
    assert b.grad.as_numpy().tolist() == [1.0, 1.0]


def test_other_libraries_answer_too():
    array_api_strict = pytest.importorskip("array_api_strict")
    x = md.wrap(array_api_strict).asarray([1.0, 4.0])
    found = np.sqrt(x)
    assert type(found) is md.Tensor
    assert type(found._data) is type(x._data)


def test_cupy_is_told_to_hand_operators_over():
    """CuPy asks the object, and gives way where `__array_ufunc__` is None; NumPy asks the class."""
    array_api_strict = pytest.importorskip("array_api_strict")
    other = md.wrap(array_api_strict).asarray([1.0, 4.0])
    assert other.__array_ufunc__ is None
    assert callable(type(other).__array_ufunc__)
    assert leaf().__array_ufunc__ is not None
    assert leaf().__array_ufunc__(np.negative, "__call__", leaf()).tolist() == (-A).tolist()


def test_a_jvp_goes_through():
    _, tangent = md.jvp(lambda x: np.linalg.norm(np.tanh(x)), [mnp.asarray(A)], [mnp.ones((2, 3))])
    y = np.tanh(A)
    expected = (y * (1 - y * y)).sum() / np.linalg.norm(y)
    assert float(tangent) == pytest.approx(expected)


# ---- methods

METHODS = {
    "sum": "x.sum()", "sum_axis": "x.sum(axis=0)", "mean": "x.mean(1)", "std": "x.std(ddof=1)",
    "var": "x.var(axis=0, keepdims=True)", "max": "x.max()", "min": "x.min(axis=1)",
    "prod": "x.prod()", "reshape": "x.reshape(3, 2)", "reshape_tuple": "x.reshape((3, -1))",
    "order": "x.reshape(3, 2, order='F')", "transpose": "x.transpose()", "ravel": "x.ravel()",
    "transpose_axes": "x.transpose(1, 0)", "flatten": "x.flatten()", "clip": "x.clip(-1, 1)",
    "dot": "x.dot(x.T)", "cumsum": "x.cumsum(axis=1)", "cumprod": "x.cumprod()", "copy": "x.copy()",
    "astype": "x.astype(np.float64)", "squeeze": "x[None].squeeze()", "take": "x.take([0, 2], 1)",
    "swapaxes": "x.swapaxes(0, 1)", "repeat": "x.repeat(2, axis=0)", "trace": "x.trace()",
    "diagonal": "x.diagonal()", "round": "x.round(1)", "conj": "x.conj()", "real": "x.real",
    "imag": "x.imag", "argmax": "x.argmax(0)", "argsort": "x.argsort()", "any": "(x > 0).any()",
    "all": "(x > 0).all(axis=1)", "nonzero": "x.nonzero()[0]", "tolist": "x.tolist()",
    "searchsorted": "x[0].searchsorted(0.5)", "compress": "x.compress([True, False], axis=0)",
}  # fmt: skip


@pytest.mark.parametrize("text", METHODS.values(), ids=METHODS)
def test_methods_as_ndarray_has_them(text):
    expected = eval(text, {"x": A.copy(), "np": np})
    for x in (leaf(), mnp.asarray(A)):
        found = eval(text, {"x": x, "np": mnp})
        if isinstance(expected, list):
            assert found == expected
            continue
        assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
        np.testing.assert_allclose(found.as_numpy(), expected, rtol=1e-14, atol=1e-14)


def test_methods_that_write():
    x = mnp.asarray(A.copy())
    x.sort(axis=0)
    np.testing.assert_array_equal(x.as_numpy(), np.sort(A, axis=0))
    x.fill(2.5)
    assert x.tolist() == [[2.5] * 3] * 2


def test_methods_by_the_names_of_functions():
    x = leaf()
    y = x.add(1).multiply(x).subtract(0.5).divide(2.0).power(2).matmul(x.T).abs().sqrt().tanh()
    expected = np.tanh(np.sqrt(np.abs(((((A + 1) * A) - 0.5) / 2.0) ** 2 @ A.T)))
    np.testing.assert_allclose(y.as_numpy(), expected, rtol=1e-13)
    assert md.testing.gradcheck(lambda x: x.exp().sin().cos().log(), mnp.asarray(A / 9))


def test_every_method_is_listed_once_and_loads():
    from minidiff._tensor_methods import NAMES
    from minidiff.numpy._methods import METHODS as LOADED

    assert sorted(NAMES) == sorted(LOADED)
    assert len(set(NAMES)) == len(NAMES)
    for name in NAMES:
        assert getattr(md.Tensor, name).__doc__
