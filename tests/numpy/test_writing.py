"""Programs that write in place, over three libraries: NumPy's numbers, and gradients to fit."""

import pytest

import minidiff as md
import minidiff.numpy as mnp
import numpy as np
from reference import directional_derivative, inner

A = np.array([[0.3, -1.2, 2.1], [1.7, 0.4, -0.6]])
V = np.array([5.0, 7.0, -3.0])


def put(np, x, v):
    np.put(x, [4, -1, 0], v)


def put_again_where_there_are_fewer(np, x, v):
    np.put(x, np.asarray([[4, 1], [0, 3]]), v[:2])


def put_wrapped(np, x, v):
    np.put(x, [7, -7], v[:2], mode="wrap")


def put_clipped(np, x, v):
    np.put(x, [70, -70], v[:2], "clip")


def put_at_one_place_twice(np, x, v):
    np.put(x, [1, 1, 5], v)


def put_into_columns(np, x, v):
    np.put(np.transpose(x), [1, 2], v[:2])


def put_along_the_last_axis(np, x, v):
    np.put_along_axis(x, np.argmax(x, axis=1, keepdims=True), v[:1], axis=-1)


def put_along_the_first_axis(np, x, v):
    np.put_along_axis(x, np.asarray([[1, 0, -1]]), v[None, :], 0)


def put_along_no_axis(np, x, v):
    np.put_along_axis(x, np.asarray([0, -2, 3]), v, None)


def place(np, x, v):
    np.place(x, x > 0.35, v)


def place_nowhere(np, x, v):
    np.place(x, x > 99, v[:0])


def putmask(np, x, v):
    np.putmask(x, x > 0.35, v)


def putmask_of_the_same_shape(np, x, v):
    np.putmask(x, x > 0.35, x * v)


def copyto(np, x, v):
    np.copyto(x, v, casting="same_kind")


def copyto_where(np, x, v):
    np.copyto(x, v, where=x > 0.35)


def copy_a_number(np, x, v):
    np.copyto(x, 2, where=[True, False, True])


def fill_diagonal(np, x, v):
    np.fill_diagonal(x, v)


def fill_a_diagonal_with_few(np, x, v):
    np.fill_diagonal(x, v[:1])


def fill_the_diagonal_of_columns(np, x, v):
    np.fill_diagonal(np.transpose(x), v, wrap=True)


def fill_a_tall_diagonal(np, x, v):
    tall = np.concatenate([np.transpose(x)] * 2)
    np.fill_diagonal(tall, v, wrap=True)
    np.multiply(x, tall[4:, :].sum(), out=x)


def fill_the_diagonal_of_a_cube(np, x, v):
    cube = np.broadcast_to(v, (3, 3, 3)) * 1.0
    np.fill_diagonal(cube, x[0, ...])
    x[...] = cube[2, :2, :]


def add_at(np, x, v):
    np.add.at(x, ([0, 0, 1], [1, 1, 2]), v)


def add_at_rows(np, x, v):
    np.add.at(x, [1, 1], v)


def subtract_at(np, x, v):
    np.subtract.at(x, ([0, 0, 1], [1, 1, 2]), v)


def multiply_at(np, x, v):
    np.multiply.at(x, ([0, 0, 0], [1, 1, 1]), v)


def divide_at_a_mask(np, x, v):
    np.divide.at(x, x > 0.35, v)


def maximum_at(np, x, v):
    np.maximum.at(x, ([0, 0, 1], [1, 2, 2]), 1.0)


def negative_at(np, x, v):
    np.negative.at(x, ([0, 1, 0], [1, 2, 1]))


def out_by_keyword(np, x, v):
    np.add(x, v, out=x)


def out_by_position(np, x, v):
    np.exp(x, x)
    np.sum(x * v, 0, None, x[1, ...])


def out_of_a_method(np, x, v):
    np.multiply.reduce(x * v, 0, out=x[0, ...])
    np.cumsum(x[0, ...], out=x[1, ...])


def out_broadcast(np, x, v):
    np.sin(v, out=x)


def out_of_two(np, x, v):
    rest = x * 0.0
    np.divmod(x, 0.45, out=(rest, x))
    np.multiply(x, v, out=(x,))


def divide_where(np, x, v):
    zeros = x * np.asarray([0.0, 1.0, 1.0])
    np.divide(v, zeros, out=x, where=zeros != 0)


def log_where(np, x, v):
    np.log(x, out=x, where=x > 0)


def clip_into(np, x, v):
    np.clip(x, -0.5, v * v / 40, out=x)


def take_into(np, x, v):
    np.take(v, [2, 0, 1], 0, x[0, ...])
    np.matmul(x, v, out=x[:, 1])
    np.round(x[:, 2], 1, x[:, 2])


PROGRAMS = [
    *(put, put_again_where_there_are_fewer, put_wrapped, put_clipped, put_at_one_place_twice),
    *(put_into_columns, put_along_the_last_axis, put_along_the_first_axis, put_along_no_axis),
    *(place, place_nowhere, putmask, putmask_of_the_same_shape, copyto, copyto_where),
    *(copy_a_number, fill_diagonal, fill_a_diagonal_with_few, fill_the_diagonal_of_columns),
    *(fill_a_tall_diagonal, fill_the_diagonal_of_a_cube, add_at, add_at_rows, subtract_at),
    *(multiply_at, divide_at_a_mask, maximum_at, negative_at, out_by_keyword, out_by_position),
    *(out_of_a_method, out_broadcast, out_of_two, divide_where, log_where, clip_into, take_into),
]
LIBRARIES = ["numpy", "array_api_strict", "array_api_compat.torch"]


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_as_numpy_writes(program, library):
    space = md.wrap(pytest.importorskip(library))
    if program is add_at_rows and library == "array_api_strict":
        pytest.skip("it has no x[integers] of several axes")
    # What NumPy's programs make anew they make in the library of x.
    ours = Beside(space)
    x, v = space.asarray(A.copy()), space.asarray(V.copy())
    x.allow_grad = v.allow_grad = True
    found = x * 1.0
    program(ours, found, v)

    def changed(x, v):
        x = x * 1.0
        program(np, x, v)
        return x

    np.testing.assert_allclose(found.as_numpy(), changed(A, V), rtol=1e-15)
    w = np.random.default_rng(3).standard_normal(A.shape)
    space.sum(found * space.asarray(w)).backward()
    ways = [np.cos(A * 5), np.sin(V * 5)]
    (change,) = directional_derivative(changed, [A, V], ways)
    grads = [None if one.grad is None else one.grad.as_numpy() for one in (x, v)]
    assert inner(grads, ways) == pytest.approx(inner(w, change), rel=1e-8, abs=1e-9)


class Beside:
    """minidiff.numpy, whose `asarray` makes arrays of another library."""

    def __init__(self, space):
        self.asarray = lambda data: space.asarray(np.asarray(data))

    def __getattr__(self, name):
        return getattr(mnp, name)


@pytest.mark.parametrize("program", [put, put_into_columns, add_at, divide_where, fill_diagonal])
def test_what_is_written_has_no_history_where_nothing_asks_for_it(program):
    x, v = md.asarray(A, copy=True), md.asarray(V, copy=True)
    program(mnp, x, v)
    assert not x.allow_grad
    expected = A.copy()
    program(np, expected, V)
    np.testing.assert_array_equal(x.as_numpy(), expected)


def test_what_a_mask_leaves_out_is_not_computed():
    x = md.Tensor([0.0, 2.0], allow_grad=True)
    with np.errstate(all="raise"):
        out = mnp.divide(1.0, x, where=x != 0)
        assert out.tolist() == [0.0, 0.5]
        out.backward()
    assert x.grad.tolist() == [0.0, -0.25]


@pytest.mark.parametrize("library", LIBRARIES)
def test_nothing_is_written_beside_an_axis(library):
    x = md.wrap(pytest.importorskip(library)).asarray(A.copy())
    for places in ([[3], [0]], [[-4], [0]]):  # as a flat index, 3 would be the second row's first
        with pytest.raises(IndexError):
            mnp.put_along_axis(x, places, 1.0, axis=1)
    assert x.as_numpy().tolist() == A.tolist()


def test_numbers_beside_short_integers():
    x = mnp.ones(2, dtype=np.uint8)
    mnp.add.at(x, [0, 0], 2)
    mnp.multiply.at(x, [0, 1, 0], 3)
    mnp.copyto(x, 7, where=[False, True])
    assert x.tolist() == [45, 7]
    assert x.dtype == "uint8"
    for function in (mnp.add, mnp.multiply):
        with pytest.raises(TypeError):
            function.at(x, [0], 1.5)


def test_of_two_results_each_has_its_place():
    whole, rest = mnp.zeros(2), mnp.zeros(2)
    found = mnp.modf([1.5, -2.25], rest, whole)
    assert found[0] is rest
    assert found[1] is whole
    assert (rest.tolist(), whole.tolist()) == ([0.5, -0.25], [1.0, -2.0])


def test_memory_is_shared_as_in_numpy():
    x = md.asarray(A, copy=True)
    x_again = mnp.array(x, copy=False)
    assert x_again is x
    assert mnp.asarray(x, copy=None) is x
    y = mnp.array(x)
    y[...] = 0.0
    assert x.tolist() == A.tolist()


def test_elements_one_by_one():
    x = md.Tensor(A, allow_grad=True)
    total = 0.0
    for (i, j), element in mnp.ndenumerate(x):
        assert element.item() == A[i, j]
        total = total + (i + 10 * j) * element
    total.backward()
    assert x.grad.tolist() == [[0.0, 10.0, 20.0], [1.0, 11.0, 21.0]]
    assert [index for index, _ in mnp.ndenumerate([5])] == [(0,)]


def test_files(tmp_path):
    mnp.save(tmp_path / "a.npy", A.tolist())
    assert (
        mnp.load(tmp_path / "a.npy").tolist() == A.tolist() == np.load(tmp_path / "a.npy").tolist()
    )
    mnp.savez(tmp_path / "b.npz", V, other=md.asarray(A))
    found = mnp.load(tmp_path / "b.npz")
    assert found["arr_0"].tolist() == V.tolist()
    assert found["other"].tolist() == A.tolist()


def test_other_libraries_data_types():
    torch = pytest.importorskip("torch")
    space = md.wrap(pytest.importorskip("array_api_compat.torch"))
    v = space.asarray(V)
    assert mnp.array(v, dtype=v.dtype).dtype == torch.float64
    for dtype in (np.float32, "float32", "f4", np.dtype("f4"), torch.float32):
        assert mnp.astype(v, dtype).dtype == v.astype(dtype).dtype == torch.float32
        assert mnp.zeros_like(v, dtype=dtype).dtype == torch.float32
        assert mnp.sum(v, dtype=dtype).dtype == mnp.exp(v, dtype=dtype).dtype == torch.float32
    assert mnp.astype(v, int).dtype == torch.int64
    assert mnp.zeros(2, like=v).__array_namespace__() is space
    assert mnp.arange(3, like=v).dtype == torch.int64
    assert mnp.can_cast(v, torch.float64)
    assert (
        mnp.eye(2, dtype="f4", like=v).dtype == mnp.full(2, 1, "f4", like=v).dtype == torch.float32
    )
