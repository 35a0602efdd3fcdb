"""NumPy's own functions on Tensors: an answer with history, or an error, never a bare array."""

import pytest
from calls import ARRAYS, CALLS
from test_names import as_leaves, evaluated, results, used  # of tests/numpy

import minidiff as md
import minidiff.numpy as mnp
import numpy as np
from minidiff.numpy_protocols import answer_to, place_of
from reference import directional_derivative

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
    "np.r_[",
    "np.c_[",
    "np.vectorize(",
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
        lambda x: np.add.reduce(x, initial=3.0),
        lambda x: np.multiply.reduce(x, axis=1, initial=2.0),
        lambda x: np.maximum.reduce(x, axis=1, initial=0.5),
        lambda x: np.minimum.reduce(x, axis=None, initial=9.0),
        lambda x: np.add.accumulate(x, axis=1),
        lambda x: np.multiply.accumulate(x),
        lambda x: np.multiply.outer(x, A[0]),
        lambda x: np.subtract.outer(A[1], x),
        lambda x: np.add(x, 1, dtype=np.float64),
        lambda x: np.sum(x, axis=0, keepdims=True),
        lambda x: np.max(x, axis=0, initial=0.9),
        lambda x: np.cumulative_sum(x, axis=1),
        lambda x: np.cumulative_prod(x, axis=0, include_initial=True),
        lambda x: np.linalg.vector_norm(x, axis=1),
        lambda x: np.stack([x, 2.0 * x], dtype=np.float64),
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


METHODS_OF_UFUNCS = {
    "reduceat": lambda x: np.add.reduceat(x, [0, 1]),
    "reduce of another": lambda x: np.hypot.reduce(x, axis=1),
    "accumulate of another": lambda x: np.maximum.accumulate(x, axis=1),
    "outer": lambda x: np.hypot.outer(x[0], x[1]),
    "where": lambda x: np.add(x, 1.0, where=A > 0, out=x * 2.0),
    "where of a sum": lambda x: np.sum(x, axis=1, where=A > 0),
}


@pytest.mark.parametrize("function", METHODS_OF_UFUNCS.values(), ids=METHODS_OF_UFUNCS)
def test_what_the_drop_in_has_too(function):
    x = leaf()
    found = function(x)
    np.testing.assert_allclose(found.as_numpy(), function(A), rtol=1e-14)
    w = np.cos(np.arange(1.0, 1.0 + found.size)).reshape(found.shape)
    mnp.sum(found * w).backward()
    way = np.sin(A * 3)
    (change,) = directional_derivative(lambda a: np.sum(function(a) * w), [A], [way])
    assert (x.grad.as_numpy() * way).sum() == pytest.approx(float(change), rel=1e-8)


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


def written_by_numpy(x):
    x = x * 1.0
    np.put(x, [0, -1], x[1, :2])
    np.copyto(x[0], x[1] * 2.0, casting="unsafe", where=np.array([False, True, False]))
    np.fill_diagonal(x, x[0, 2])
    return x


def test_functions_that_write_into_their_first_argument():
    x = leaf()
    found = written_by_numpy(x)
    np.testing.assert_allclose(found.as_numpy(), written_by_numpy(A), rtol=1e-14)
    w = np.cos(np.arange(1.0, 7.0)).reshape(2, 3)
    mnp.sum(found * w).backward()
    way = np.sin(A * 3)
    (change,) = directional_derivative(lambda a: np.sum(written_by_numpy(a) * w), [A], [way])
    assert (x.grad.as_numpy() * way).sum() == pytest.approx(float(change), rel=1e-8)


def test_what_goes_into_an_array_is_cast_as_numpy_casts():
    array = np.array([1, 2])
    with pytest.raises(TypeError, match="Cannot cast ufunc 'add' output from dtype"):
        array += mnp.asarray([0.5, 0.5])
    np.add(array, mnp.asarray([0.5, 1.5]), out=array, casting="unsafe")
    assert array.tolist() == [1, 3]
    np.add.at(array, [0, 0], mnp.asarray([1, 2]))
    assert array.tolist() == [4, 3]
    np.copyto(array, mnp.asarray([7.5, 8.5]), casting="unsafe")
    assert array.tolist() == [7, 8]
    assert np.full_like(np.ones(2), mnp.asarray([3.0])[0]).tolist() == [3.0, 3.0]
    with md.allow_detach():
        array += leaf(np.array([1.0, 2.0])).astype(int)
        assert np.full_like(np.ones(2), leaf(np.array(3.0))).tolist() == [3.0, 3.0]
    assert array.tolist() == [8, 10]


def test_at_adds_in_place():
    x, b = mnp.zeros(3), leaf(np.array([1.0, 2.0]))
    np.add.at(x, [0, 0], b)
    assert x.as_numpy().tolist() == [3.0, 0.0, 0.0]
    x.backward()
    assert b.grad.as_numpy().tolist() == [1.0, 1.0]


# ---- what has no counterpart


def test_without_history_numpy_answers_itself():
    x = mnp.asarray([1.0, 2.0, 4.0])
    product = np.polymul(x, [1.0, -1.0])
    assert (type(product), product.tolist()) == (md.Tensor, [1.0, 1.0, 2.0, -4.0])
    assert np.polydiv(x, x)[0].tolist() == [1.0]
    assert np.array2string(x) == "[1. 2. 4.]"
    assert np.shares_memory(x, x) is True
    spaces = np.spacing(x)
    assert (type(spaces), spaces.tolist()) == (md.Tensor, np.spacing([1.0, 2.0, 4.0]).tolist())
    parts = np.ma.getdata(np.logspace(0.0, x[1], 2))
    np.testing.assert_allclose(parts, [1.0, 100.0])
    assert sorted(np.random.default_rng(0).permutation(x).tolist()) == [1.0, 2.0, 4.0]
    doubled = np.frompyfunc(lambda one: 2 * one, 1, 1)(x)
    assert (doubled.dtype, doubled.tolist()) == (object, [2.0, 4.0, 8.0])
    matrix = np.array([[2.0, 1.0], [0.0, 3.0]])
    pair = np.linalg.eig(mnp.asarray(matrix))
    assert type(pair).__name__ == "EigResult"
    assert pair.eigenvalues.tolist() == [2.0, 3.0]


def test_files_of_numpy(tmp_path):
    np.save(tmp_path / "x.npy", mnp.asarray(A))
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), A)
    with md.allow_detach():
        np.save(tmp_path / "x.npy", leaf(2 * A))
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), 2 * A)


def test_results_have_memory_of_their_own():
    x = mnp.asarray([1.0 + 0j, 2.0])
    real = np.real_if_close(x)
    real[0] = 9.0
    assert x.tolist() == [1.0, 2.0]


def test_numpy_writes_into_tensors_or_says_that_it_cannot():
    x = mnp.asarray([1.0, 2.0])
    np.multiply.at(x, [0, 0], 3.0)
    assert x.tolist() == [9.0, 2.0]
    out = mnp.zeros(2)
    assert np.add(x, 1.0, where=np.array([True, False]), out=out) is out
    assert out.tolist() == [10.0, 0.0]
    w = leaf(np.array([3.0, 4.0]))
    product = w * x  # a graph keeps x
    with pytest.raises(ValueError, match="read-only"):
        np.random.default_rng(0).shuffle(np.asarray(x))
    product_of = np.frompyfunc(lambda one, other: one * other, 2, 1)
    with pytest.raises(ValueError, match="others hold this memory too"):
        product_of.at(x, [0, 0], 3.0)
    product.backward()
    assert w.grad.tolist() == [9.0, 2.0]
    mine = mnp.asarray([1.0, 2.0])
    product_of.at(mine, [0, 0], 3.0)
    assert mine.tolist() == [9.0, 2.0]
    strict = md.wrap(pytest.importorskip("array_api_strict")).asarray([1.0, 2.0])
    with pytest.raises(ValueError, match="others hold this memory too"):
        product_of.at(strict, [0], 3.0)


def test_other_libraries_get_their_own_arrays_back():
    torch = pytest.importorskip("torch")
    x = md.wrap(torch).asarray([1.0, 2.0, 4.0])
    found = np.polymul(x, x)
    assert type(found._data) is torch.Tensor
    assert found.shape == (5,)


def test_a_ufunc_is_known_by_more_than_its_name():
    special = pytest.importorskip("scipy.special")

    class Named:
        __name__ = "erf"

    assert place_of(special.erf) == "scipy.special."
    assert answer_to(special.erf, "__call__") is md.special.erf
    assert place_of(np.add) == "np."
    assert place_of(Named()) == ""
    assert answer_to(Named(), "__call__") is None


def test_with_history_there_is_an_error_and_a_way_out():
    x = leaf(np.array([1.0, 2.0, 4.0]))
    with pytest.raises(TypeError, match=r"np.polymul has no counterpart.*allow_detach\(\)"):
        np.polymul(x, A[0])
    with md.allow_detach():
        assert not np.polymul(x, A[0]).allow_grad
        assert np.sin(x).allow_grad
    assert np.polymul(x.detach(), A[0]).shape == (5,)


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
