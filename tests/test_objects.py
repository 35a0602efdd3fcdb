"""The Tensor as an object: the methods and attributes of an ndarray, and what it is made of."""

import array_api_strict
import pytest

import minidiff as md
import minidiff.array_api as xp
import minidiff.numpy as mnp
import numpy as np
from reference import directional_derivative, inner

A = np.array([[0.3, -1.2, 2.1], [1.7, 0.4, -0.6]])
J = np.array([[3, 1, 4], [1, 5, 9]])
V = np.array([5.0, 7.0])


def gradients_agree(program, *arrays):
    """A program of NumPy's on leaves: the same values, and the derivative along some direction."""
    leaves = [md.Tensor(array, allow_grad=True) for array in arrays]
    found, expected = program(*leaves), program(*[array.copy() for array in arrays])
    np.testing.assert_allclose(found.as_numpy(), expected, rtol=1e-14)
    w = np.random.default_rng(3).standard_normal(found.shape)
    xp.sum(found * w).backward()
    ways = [np.cos(array * 5) for array in arrays]
    (change,) = directional_derivative(
        lambda *args: program(*[one.copy() for one in args]), list(arrays), ways
    )
    grads = [None if one.grad is None else one.grad.as_numpy() for one in leaves]
    assert inner(grads, ways) == pytest.approx(inner(w, change), rel=1e-8, abs=1e-9)


# ---- T


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 3, 4), (2, 1, 3, 2), (0, 2)])
def test_transposed_is_numpys(shape):
    array = np.random.default_rng(0).standard_normal(shape)
    found = md.asarray(array).T
    assert found.shape == array.T.shape
    np.testing.assert_array_equal(found.as_numpy(), array.T)
    weights = np.arange(1.0, 1.0 + array.size).reshape(array.T.shape)
    gradients_agree(lambda x: (x * 2.0).T * weights, array)


def test_transposed_is_a_view():
    x = md.asarray(np.arange(24.0).reshape(2, 3, 4))
    x.T[0, 1] = 7.0
    assert x[:, 1, 0].tolist() == [7.0, 7.0]
    v = md.asarray([1.0, 2.0])
    v.T[0] = 9.0
    assert v.tolist() == [9.0, 2.0]


# ---- the elements in order

READS = {
    "first": lambda x: x.flat[0],
    "last": lambda x: x.flat[-1],
    "slice": lambda x: x.flat[1::2],
    "backwards": lambda x: x.flat[::-1],
    "list": lambda x: x.flat[[4, 0, 4]],
    "mask": lambda x: x.flat[np.array([True, False, True, False, False, True])],
    "transposed": lambda x: x.T.flat[1:4],
    "all": lambda x: x.flat[...],
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_reading_flat(read):
    gradients_agree(read, A)
    assert not isinstance(read(md.asarray(J)), np.generic)
    np.testing.assert_array_equal(read(md.asarray(J)).as_numpy(), read(J))


def diagonal_gets_more(x, v):
    x = x * 1.0
    x.flat[::4] += v
    return x


def written_again_and_again(x, v):
    x = x * 1.0
    x.flat[1:] = v
    return x


def written_through_a_transpose(x, v):
    x = x * 1.0
    x.T.flat[[0, 3, 5]] = v[0]
    return x * v[1]


def all_at_once(x, v):
    x = x * v[0]
    x.flat = v
    return x


def put_in_place(x, v):
    x = x * 1.0
    x.put([0, -1], v)
    x.put([8, -9], v[1], mode="wrap")
    x.put([70], v[:1], mode="clip")
    return x


def parts_are_copies(x, v):
    x = x * 1.0
    part = x.flat[1:3]
    part[0] = v[0]
    return part * x[0, 1]


WRITES = [
    *(diagonal_gets_more, written_again_and_again, written_through_a_transpose, all_at_once),
    *(put_in_place, parts_are_copies),
]


@pytest.mark.parametrize("program", WRITES, ids=lambda f: f.__name__)
def test_writing_flat(program):
    gradients_agree(program, A, V)


def test_flat_as_a_sequence():
    x = md.asarray(A)
    assert [float(one) for one in x.flat] == A.ravel().tolist()
    assert len(x.flat) == 6
    np.testing.assert_array_equal(np.asarray(x.flat), A.ravel())
    for one in x.flat:
        one += 1.0  # a copy, as NumPy's numbers are
    np.testing.assert_array_equal(x.as_numpy(), A)
    with pytest.raises(IndexError):
        x.flat[6]
    with pytest.raises(TypeError, match="silently lose its history"):
        np.asarray(md.Tensor(A, allow_grad=True).flat)


def test_flat_over_other_libraries_and_in_batches():
    for library in (array_api_strict, pytest.importorskip("torch")):
        x = md.wrap(library).asarray([[1.0, 2.0], [3.0, 4.0]])
        assert x.flat[1:].tolist() == [2.0, 3.0, 4.0]
        x.flat[::3] = [7.0, 8.0]
        assert x.tolist() == [[7.0, 2.0], [3.0, 8.0]]
        assert type(x.flat[0]._data) is type(x._data)

    def written(x):
        x = x * 1.0
        x.flat[::2] = x.flat[1::2]
        return x

    found = md.vmap(written)(md.asarray(np.stack([J, -J]) * 1.0))
    np.testing.assert_array_equal(found.as_numpy(), np.stack([written(J), written(-J)]))


# ---- methods and attributes

SAME = {
    "itemsize": "x.itemsize", "nbytes": "x.nbytes", "strides": "x.strides",
    "strides of a view": "x[:, ::-1].strides", "item": "x.item(4)", "last": "x.item(-1)",
    "item of an index": "x.item(1, 2)", "item of a tuple": "x.item((0, 1))",
    "one element": "x[:1, :1].item()", "tobytes": "x.tobytes()", "tobytes F": "x.tobytes('F')",
    "sizes of NumPy's": "x.reshape(np.int64(3), np.int64(-1))", "one": "x.reshape(np.int64(6))",
    "a list of sizes": "x.reshape([3, 2], order='F')", "to a copy": "x.reshape(6, copy=True)",
    "axes": "x.transpose(np.int64(1), 0)", "no axes": "x[0].transpose()",
    "None for axes": "x.transpose(None)", "negative axes": "x.transpose((-1, 0))",
    "compress": "x.compress([True, False], axis=np.int64(0))",
    "copy": "x.copy(order='F')", "astype": "x.astype('f4', 'C')",
    "positional": "x.astype(np.float32, 'K', 'same_kind', True, True)",
    "argpartition": "x.argpartition(1)[:, 1]",
    "divmod": "divmod(x, 2)[1]", "quotient": "divmod(x, 2)[0]", "rdivmod": "divmod(7, x)[0]",
    "divmod of arrays": "divmod(x, x.T[0].max())[1]",
}  # fmt: skip


@pytest.mark.parametrize("text", SAME.values(), ids=SAME)
@pytest.mark.parametrize("array", [A, J], ids=["floats", "integers"])
def test_as_of_an_ndarray(text, array):
    expected = eval(text, {"x": array, "np": np})
    tracked = md.Tensor(array, allow_grad=array.dtype.kind == "f")
    for x in (md.asarray(array.copy()), tracked):
        found = eval(text, {"x": x, "np": np})
        if type(found) is md.Tensor:
            assert found.dtype == expected.dtype
            np.testing.assert_array_equal(found.as_numpy(), expected)
        else:
            assert type(found) is type(expected)
            assert found == expected


def test_divmod_has_its_derivative():
    gradients_agree(lambda x: divmod(x * 3.0, 0.8)[1], A)
    gradients_agree(lambda x, v: divmod(v, x[:, 0] * 3.0)[1], A, V)


def test_round_of_python():
    assert (round(md.asarray(2.5)), round(md.asarray(7))) == (2, 7)
    assert type(round(md.Tensor(2.5, allow_grad=True))) is int
    assert round(md.asarray(1.26), 1).item() == 1.3
    assert round(md.asarray(A)).tolist() == np.round(A).tolist()
    with pytest.raises(OverflowError):
        round(md.asarray(np.inf))


def test_partition_and_choose():
    x = md.asarray(A.copy())
    x.partition(1)
    np.testing.assert_array_equal(x.as_numpy()[:, 1], np.partition(A, 1)[:, 1])
    picks = md.asarray([0, 1, 1])
    choices = md.Tensor(A, allow_grad=True)
    found = picks.choose([choices[0], choices[1]])
    assert found.tolist() == np.array([0, 1, 1]).choose(list(A)).tolist()
    found.backward()
    assert choices.grad.tolist() == [[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]]


def test_item_of_other_libraries():
    x = md.wrap(array_api_strict).asarray([[1.0, 2.0], [3.0, 4.0]])
    assert (x.item(2), x.item(1, 1), x.itemsize, x.nbytes) == (3.0, 4.0, 8, 32)


def test_what_an_ndarray_has_and_a_tensor_not():
    for name in ("view", "base", "flags", "resize"):
        assert not hasattr(md.asarray(A), name)


# ---- what a Tensor is made of


def test_a_list_of_tensors_with_history_is_no_data():
    s = md.Tensor(2.0, allow_grad=True)
    for data in ([s, 1.0], (1.0, s * s), [[1.0], [s]]):
        with pytest.raises(TypeError, match=r"asarray\(\[...\]\) keeps it"):
            md.Tensor(data)
    assert md.Tensor([s.detach(), 1.0], allow_grad=True).tolist() == [2.0, 1.0]
    with md.allow_detach():
        assert md.Tensor([s, s * s]).tolist() == [2.0, 4.0]
    total = xp.sum(xp.asarray([s, s * s]))
    total.backward()
    assert s.grad.item() == 5.0


@pytest.mark.parametrize(
    "data",
    [
        *(None, "a", b"a", [1, None], ["1"], {}, (i for i in [1, 2]), object()),
        *(np.array([1, None]), np.array(["2020"], "M8[Y]"), np.array([1], "m8[s]")),
        np.zeros(1, [("a", int)]),
    ],
    ids=lambda data: f"{type(data).__name__} {getattr(data, 'dtype', '')}",
)
def test_what_holds_no_numbers_is_refused(data):
    for make in (md.Tensor, xp.asarray, mnp.asarray, mnp.sum):
        with pytest.raises(TypeError, match="a Tensor holds numbers"):
            make(data)


def test_what_holds_numbers_is_taken():
    assert md.Tensor(np.array([1, 2], dtype=object), dtype=float).tolist() == [1.0, 2.0]
    assert xp.asarray(bytearray(b"ab")).tolist() == [97, 98]
    for dtype in (bool, np.int8, np.uint64, np.float16, np.longdouble, np.complex64):
        assert md.Tensor(np.ones(2, dtype)).dtype == dtype
