"""Lists, tuples and None beside a Tensor: what NumPy does with them."""

import operator

import array_api_strict
import pytest

import minidiff as md
import minidiff.array_api as xp
import minidiff.numpy as mnp
import numpy as np
from reference import directional_derivative

A = np.array([[0.3, -1.2], [1.7, 0.4]])
J = np.array([[3, 1], [4, 2]])
FLOATS, INTEGERS = [1.5, -2.5], (3, 2)

ARITHMETIC = (
    *(operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod),
    *(operator.pow, operator.matmul, divmod),
)
COMPARISONS = (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge)
BITS = (operator.and_, operator.or_, operator.xor, operator.lshift, operator.rshift)


def same(found, expected):
    for one, other in zip(
        found if type(found) is tuple else (found,),
        expected if type(expected) is tuple else (expected,),
        strict=True,
    ):
        assert type(one) is md.Tensor
        assert (one.shape, one.dtype) == (other.shape, other.dtype)
        np.testing.assert_allclose(one.as_numpy(), other, rtol=1e-14)


@pytest.mark.parametrize("function", [*ARITHMETIC, *COMPARISONS], ids=lambda f: f.__name__)
@pytest.mark.parametrize("other", [FLOATS, tuple(FLOATS), INTEGERS, [[1, 2], [3, 4]]], ids=str)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_both_ways(function, other, dtype):
    array = np.abs(A).astype(dtype)
    x = md.asarray(array)
    same(function(x, other), function(array, other))
    if function is not operator.pow or other is INTEGERS:
        same(function(other, x), function(other, array))


@pytest.mark.parametrize("function", BITS, ids=lambda f: f.__name__)
def test_integers(function):
    same(function(md.asarray(J), [1, 2]), function(J, [1, 2]))
    same(function([1, 2], md.asarray(J)), function([1, 2], J))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * [2.0, 3.0] + [1.0, 1.0],
        lambda x: [2.0, 3.0] @ x - (4.0, 5.0),
        lambda x: [1.0, 2.0] / x,
        lambda x: (2.0, 3.0) ** x,
    ],
)
def test_gradients(function):
    x = md.Tensor(A, allow_grad=True)
    out = function(x)
    w = np.cos(np.arange(1.0, 1.0 + out.size)).reshape(out.shape)
    xp.sum(out * w).backward()
    way = np.sin(A * 3)
    (change,) = directional_derivative(lambda a: np.sum(function(a) * w), [A], [way])
    assert (x.grad.as_numpy() * way).sum() == pytest.approx(float(change), rel=1e-8)


def test_lists_of_tensors_keep_their_history():
    x, s = md.Tensor([1.0, 2.0], allow_grad=True), md.Tensor(3.0, allow_grad=True)
    y = md.asarray([5.0, 7.0]) * [s, s * s] + [x[1], 1.0]
    assert y.tolist() == [17.0, 64.0]
    y.backward()
    assert (s.grad.item(), x.grad.tolist()) == (47.0, [0.0, 1.0])


@pytest.mark.parametrize("name", ["iadd", "isub", "imul", "itruediv", "ifloordiv", "imod", "ipow"])
def test_in_place(name):
    update = getattr(operator, name)
    array, base = np.abs(A), md.asarray(np.abs(A))
    part, view = array[1:], base[1:]
    assert update(view, [2.0, 3.0]) is view
    update(part, [2.0, 3.0])
    np.testing.assert_array_equal(base.as_numpy(), array)  # through the view


def test_in_place_with_history():
    x, s = md.Tensor([1.0, 2.0], allow_grad=True), md.Tensor(3.0, allow_grad=True)
    y = x * 1.0
    y *= [s, 2.0]
    y += (1.0, s)
    (y * y).backward()
    assert y.tolist() == [4.0, 7.0]
    assert x.grad.tolist() == [24.0, 28.0]
    assert s.grad.item() == 22.0
    with pytest.raises(RuntimeError, match=r"x \+= y: x is a leaf"):
        x += [1.0, 1.0]
    with pytest.raises(TypeError, match=r"cannot turn float64 into int64|Cannot cast"):
        operator.iadd(md.asarray([1, 2]), [0.5, 0.5])


def test_none_is_no_element():
    for shape in ((), (2,), (0, 3)):
        array = np.zeros(shape)
        x = md.asarray(array)
        for function in (operator.eq, operator.ne):
            same(function(x, None), np.asarray(function(array, None)))
            same(function(None, x), np.asarray(function(None, array)))
    for function in (operator.lt, operator.add):
        with pytest.raises(TypeError):
            function(md.asarray([1.0]), None)


def test_anything_else_is_left_to_the_other_side():
    x = md.asarray([1.0, 2.0])

    class Mine:
        def __radd__(self, other):
            return "mine"

        def __eq__(self, other):
            return "equal"

        __hash__ = None

    assert x + Mine() == "mine"
    assert (x == Mine()) == "equal"
    assert (x == "a", x != "a") == (False, True)  # as Python has it
    with pytest.raises(TypeError, match="unsupported operand"):
        x + "a"
    with pytest.raises(TypeError, match="a Tensor holds numbers"):
        operator.add(x, ["a", "b"])
    with pytest.raises(TypeError, match="add takes Tensors, Python scalars and arrays of numpy"):
        xp.add(x, [1.0, 2.0])  # a function of the standard


def test_other_libraries_and_batches():
    for library in (array_api_strict, pytest.importorskip("torch")):
        x = md.wrap(library).asarray([1.0, 2.0])
        y = [3.0, 4.0] * x + (1.0, 1.0)
        assert type(y._data) is type(x._data)
        assert y.tolist() == [4.0, 9.0]
        assert (x == [1.0, 3.0]).tolist() == [True, False]
    found = md.vmap(lambda x: x * [1.0, 2.0] + [x[0], 1.0])(md.asarray(A))
    np.testing.assert_allclose(
        found.as_numpy(), A * [1.0, 2.0] + np.stack([A[:, 0], [1.0, 1.0]], 1)
    )

    def updated(x):
        x = x * 1.0
        x += [1.0, x[0]]
        return x

    found = md.vmap(updated)(md.asarray(A))
    np.testing.assert_allclose(found.as_numpy(), A + np.stack([[1.0, 1.0], A[:, 0]], 1))


def test_the_drop_in():
    x, array = mnp.array([1, 2]), np.array([1, 2])
    for function in (operator.eq, operator.ne, operator.add, operator.mul):
        same(function(x, [1, 3]), function(array, [1, 3]))
    same(mnp.array(2) * [1, 2], np.array(2) * [1, 2])
    same([1, 1] @ mnp.array(J), [1, 1] @ J)
