"""What writes into its argument, and what shares memory with it, as in NumPy."""

import pytest

import minidiff as md
import minidiff.numpy as mnp
import numpy as np
from reference import directional_derivative, inner

A = np.array([[0.3, -1.2, 2.1], [1.7, 0.4, -0.6]])
V = np.array([[5.0], [7.0]])


def put_along_axis(np, x, v):
    x = x * 1.0
    np.put_along_axis(x, np.argmax(x, axis=1, keepdims=True), v, axis=1)
    return x


def put_along_no_axis(np, x, v):
    x = x * 1.0
    np.put_along_axis(x, np.asarray([0, 4]), v[:, 0], None)
    return x


def fill_diagonal(np, x, v):
    x = x * 1.0
    np.fill_diagonal(x, 3.5)
    return x * v


def place(np, x, v):
    x = x * 1.0
    np.place(x, x > 0.35, v[:, 0])
    return x


def putmask(np, x, v):
    x = x * 1.0
    np.putmask(x, x > 0.35, v)
    return x


def copyto(np, x, v):
    x = x * 1.0
    np.copyto(x, v, where=x > 0.35)
    return x


def copyto_whole(np, x, v):
    x = x * 1.0
    np.copyto(x, v)
    return x


def through_ravel(np, x, v):
    x = x * 1.0
    np.ravel(x)[1] = v[0, 0]
    return x


def through_transpose(np, x, v):
    x = x * 1.0
    np.transpose(x)[0] = v[:, 0]
    np.swapaxes(x, 0, 1)[2, 1] += v[1, 0]
    return x


def through_diag_indices(np, x, v):
    x = x * 1.0
    x[np.diag_indices(2)] *= v[:, 0]
    x[np.ix_([0, 1], [2])] = v
    return x


def flattened_is_a_copy(np, x, v):
    flat = x.flatten() if np.__name__ == "numpy" else np.flatten(x)
    flat[0] = v[0, 0]
    return flat * x[0, 0]


PROGRAMS = [
    *(put_along_axis, put_along_no_axis, fill_diagonal, place, putmask, copyto, copyto_whole),
    *(through_ravel, through_transpose, through_diag_indices, flattened_is_a_copy),
]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_as_in_numpy_and_differentiable(program):
    x, v = md.Tensor(A, allow_grad=True), md.Tensor(V, allow_grad=True)
    found = program(mnp, x, v)
    np.testing.assert_array_equal(found.as_numpy(), program(np, A.copy(), V.copy()))
    w = np.random.default_rng(3).standard_normal(found.shape)
    mnp.sum(found * w).backward()
    ways = [np.cos(A * 5), np.sin(V * 5)]
    (change,) = directional_derivative(lambda *args: program(np, *args), [A, V], ways)
    grads = [None if one.grad is None else one.grad.as_numpy() for one in (x, v)]
    assert inner(grads, ways) == pytest.approx(inner(w, change), rel=1e-8, abs=1e-9)


def test_index_add_sums_repeated_places():
    x, b = md.Tensor(np.zeros(4), allow_grad=True), md.Tensor([1.0, 2.0, 4.0], allow_grad=True)
    y = x * 1.0
    mnp.index_add(y, mnp.asarray([1, 3, 1]), b)
    assert y.as_numpy().tolist() == [0.0, 5.0, 0.0, 2.0]
    mnp.sum(y * mnp.asarray([1.0, 10.0, 100.0, 1000.0])).backward()
    assert b.grad.as_numpy().tolist() == [10.0, 1000.0, 10.0]
    assert x.grad.as_numpy().tolist() == [1.0, 10.0, 100.0, 1000.0]
    rows = mnp.zeros((3, 2))
    mnp.index_add(rows, [0, 0], [[1.0, 2.0], [3.0, 4.0]])
    assert rows.as_numpy().tolist() == [[4.0, 6.0], [0.0, 0.0], [0.0, 0.0]]
    mnp.index_add(rows, (mnp.asarray([2, 2]), mnp.asarray([1, 1])), 0.5)
    assert rows.as_numpy().tolist() == [[4.0, 6.0], [0.0, 0.0], [0.0, 1.0]]


def test_getitem_and_unbroadcast():
    x = md.Tensor(A, allow_grad=True)
    assert mnp.getitem(x, (0, slice(1, None))).as_numpy().tolist() == [-1.2, 2.1]
    out = mnp.unbroadcast(x, (1, 3))
    np.testing.assert_array_equal(out.as_numpy(), A.sum(axis=0, keepdims=True))
    assert mnp.unbroadcast(x, ()).item() == pytest.approx(A.sum())
    assert mnp.unbroadcast(x, (2, 3)).shape == (2, 3)
    out.backward()
    np.testing.assert_array_equal(x.grad.as_numpy(), np.ones((2, 3)))


@pytest.mark.parametrize("kth", [0, 2, 5])
def test_partition(kth):
    flat = mnp.partition(A, kth, axis=None).as_numpy()
    assert flat[kth] == np.partition(A, kth, axis=None)[kth]
    assert (flat[:kth] <= flat[kth]).all()
    assert (flat[kth:] >= flat[kth]).all()
    places = mnp.argpartition(A, 1, axis=1).as_numpy()
    np.testing.assert_array_equal(
        np.take_along_axis(A, places, 1)[:, 1], np.partition(A, 1, axis=1)[:, 1]
    )


def test_an_array_given_beside_a_tensor_may_change_afterwards():
    x = md.Tensor([1.0, 2.0], allow_grad=True)
    weights = np.array([3.0, 4.0])
    y = mnp.sum(mnp.stack([x, weights]) * mnp.outer([1.0, 1.0], weights))
    weights[:] = 0.0
    y.backward()
    assert x.grad.as_numpy().tolist() == [3.0, 4.0]


def test_other_libraries_and_mixed_input():
    import array_api_strict

    strict = md.wrap(array_api_strict)
    x = strict.asarray([0.3, -1.2, 2.1])
    x.allow_grad = True
    out = mnp.concatenate([x, np.array([1.0, 2.0])])
    assert type(out._data) is type(x._data)
    y = mnp.std(mnp.pad(out, 2), ddof=1) + mnp.dot(x, [1.0, 2.0, 3.0])
    y.backward()
    flat = np.array([0.0, 0.0, 0.3, -1.2, 2.1, 1.0, 2.0, 0.0, 0.0])

    def truth(v):
        moved = flat.copy()
        moved[2:5] = v
        return moved.std(ddof=1) + v @ [1.0, 2.0, 3.0]

    way = np.array([0.5, -0.2, 1.0])
    (change,) = directional_derivative(truth, [flat[2:5]], [way])
    assert float(x.grad.as_numpy() @ way) == pytest.approx(float(change), rel=1e-9)


def test_errstate_is_numpys():
    with mnp.errstate(divide="ignore"):
        assert mnp.log(mnp.zeros(1)).as_numpy().tolist() == [-np.inf]
