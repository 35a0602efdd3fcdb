"""The namespace and its arrays as Python objects: conversions, devices, identity, NumPy nearby."""

import contextlib
import copy
import importlib.metadata
import operator
import pickle

import array_api_strict
import pytest

import minidiff as md
import minidiff.array_api
import numpy as np

strict = md.wrap(array_api_strict)
DEVICE1 = array_api_strict.Device("device1")


@pytest.fixture(params=["numpy", "strict"])
def xp(request):
    return minidiff.array_api if request.param == "numpy" else strict


def leaf(xp, data, dtype=None):
    x = xp.asarray(data, dtype=dtype)
    x.allow_grad = True
    return x


def same(tensor, want):
    found = tensor.as_numpy()
    np.testing.assert_array_equal(found, want)
    assert found.shape == np.shape(want)


# ---- the namespace


def test_a_namespace_is_one_object(xp):
    x = leaf(xp, [1.0])
    assert x.__array_namespace__() is xp
    assert x.__array_namespace__(api_version="2025.12") is xp
    assert xp.sin(x).__array_namespace__() is xp
    assert xp.__array_api_version__ == "2025.12"


def test_wrap_gives_the_same_object_each_time():
    import array_api_compat.numpy

    assert md.wrap(array_api_strict) is strict
    assert md.wrap(np) is minidiff.array_api
    assert md.wrap(array_api_compat.numpy) is minidiff.array_api
    assert md.Tensor(array_api_strict.ones(1)).__array_namespace__() is strict


def test_the_entry_point_is_declared():
    found = importlib.metadata.entry_points(group="array_api", name="minidiff")
    assert [entry.load() for entry in found] == [minidiff.array_api]


def test_inspection(xp):
    info = xp.__array_namespace_info__()
    assert info.capabilities() == {
        "boolean indexing": True,
        "data-dependent shapes": True,
        "max dimensions": 64,
    }
    assert info.default_device() in info.devices()
    assert info.default_dtypes() == {
        "real floating": xp.float64,
        "complex floating": xp.complex128,
        "integral": xp.int64,
        "indexing": xp.int64,
    }
    floats = {"float32": xp.float32, "float64": xp.float64}
    assert info.dtypes(kind="real floating") == floats
    assert info.dtypes(kind=("bool", "real floating")) == {"bool": xp.bool, **floats}
    assert len(info.dtypes()) == 13


def test_devices():
    xp = minidiff.array_api
    assert xp.__array_namespace_info__().default_device() == "cpu"
    for x in (xp.ones(2), xp.asarray([1], device="cpu"), xp.zeros(1, device="cpu"), md.Tensor(1.0)):
        assert x.device == "cpu"
    y = strict.ones(2, device=DEVICE1)
    assert y.device == DEVICE1
    assert (y * 2.0).device == strict.zeros_like(y).device == y.device


def test_to_device_keeps_the_history():
    x = leaf(minidiff.array_api, [1.0, 2.0])
    assert x.to_device("cpu") is x
    z = leaf(strict, [1.0, 2.0])
    there = z.to_device(DEVICE1)
    assert there.device == DEVICE1
    back = (there * there).to_device(z.device)
    assert back.device == z.device
    back.backward(allow_higher_order=True)
    assert z.grad.device == z.device
    same(z.grad, [2.0, 4.0])
    z.grad.backward()
    same(z.grad, [2.0, 2.0])


def test_asarray_moves_a_history_to_another_library():
    x = leaf(minidiff.array_api, [1.0, 2.0])
    there = strict.asarray(x)
    assert there.__array_namespace__() is strict
    (there**3).backward(allow_higher_order=True)
    assert x.grad.__array_namespace__() is minidiff.array_api
    same(x.grad, [3.0, 12.0])
    x.grad.backward()
    same(x.grad, [6.0, 12.0])
    both = strict.asarray([x, 2 * x])
    assert both.__array_namespace__() is strict
    both.backward()
    same(x.grad, [3.0, 3.0])


MOVES = {
    "to another device": (strict, lambda x: (x * x).to_device(DEVICE1)),
    "to another library": (minidiff.array_api, lambda x: strict.asarray(x * x)),
}


@pytest.mark.parametrize(("home", "move"), MOVES.values(), ids=MOVES)
def test_tangents_move_too(home, move):
    value, tangent = md.jvp(move, [home.asarray([1.0, 2.0])], [home.asarray([1.0, 10.0])])
    same(value, [1.0, 4.0])
    same(tangent, [2.0, 40.0])
    assert tangent.device == value.device
    assert tangent.__array_namespace__() is value.__array_namespace__() is strict


def test_finfo_and_iinfo_are_pythons_numbers(xp):
    for dtype, name in ((xp.float32, "float32"), (xp.float64, "float64")):
        found, want = xp.finfo(dtype), np.finfo(name)
        numbers = found[1:5]
        assert [type(n) for n in numbers] == [float] * 4
        assert numbers == (want.eps, want.max, want.min, want.smallest_normal)
        assert type(found.bits) is int
        assert found.bits == want.bits
        assert xp.finfo(xp.ones(1, dtype=dtype)) == found
    assert xp.finfo(xp.complex64)[:5] == xp.finfo(xp.float32)[:5]
    found = xp.iinfo(xp.int16)
    assert found[:3] == (16, 32767, -32768)


# ---- making arrays


def test_asarray_of_nested_lists_keeps_the_history(xp):
    x, y = leaf(xp, 2.0), leaf(xp, [3.0, 4.0])
    z = xp.asarray([[x, 1.0, y[0]], (y[1], x * x, 5)])
    same(z, [[2.0, 1.0, 3.0], [4.0, 4.0, 5.0]])
    z.backward(xp.asarray([[1.0, 10.0, 100.0], [1000.0, 10000.0, 5.0]]))
    same(x.grad, 1.0 + 4.0 * 10000.0)
    same(y.grad, [100.0, 1000.0])


def test_scalars_in_a_list_are_weak(xp):
    x = leaf(xp, 2.0, xp.float32)
    assert xp.asarray([x, 1.5]).dtype == xp.float32
    assert xp.asarray([x, 1.5], dtype=xp.float64).dtype == xp.float64


def test_asarray_of_a_tensor(xp):
    x = leaf(xp, [1.0, 2.0])
    assert xp.asarray(x) is x
    assert xp.asarray(x, dtype=x.dtype, copy=False) is x
    cast = xp.asarray(x * 1.0, dtype=xp.float32)
    assert cast.dtype == xp.float32
    cast.backward()
    same(x.grad, [1.0, 1.0])
    assert x.grad.dtype == xp.float64


def test_a_copy_has_memory_of_its_own_and_history(xp):
    x = leaf(xp, [1.0, 2.0])
    c = xp.asarray(x, copy=True)
    assert c is not x
    (c * c).backward()
    same(x.grad, [2.0, 4.0])


def test_asarray_shares_an_array_and_tensor_copies_it():
    a = np.array([1.0, 2.0])
    shared, copied = minidiff.array_api.asarray(a), minidiff.array_api.asarray(a, copy=True)
    own = md.Tensor(a)
    a[0] = 9.0
    same(shared, [9.0, 2.0])
    same(copied, [1.0, 2.0])
    same(own, [1.0, 2.0])
    shared[1] = 5.0
    assert a[1] == 5.0


def test_tensor_of_literals_takes_the_default_float_where_it_has_to():
    assert md.Tensor([1, 2], allow_grad=True).dtype == np.float64
    assert md.Tensor([1, 2]).dtype == np.int64
    assert md.Tensor([1, 2j], allow_grad=True).dtype == np.complex128
    assert md.Tensor([1, 2], dtype=np.float32, allow_grad=True).dtype == np.float32
    assert md.Tensor(array_api_strict.ones(2, dtype=array_api_strict.float32), True).dtype == (
        array_api_strict.float32
    )


@pytest.mark.parametrize("dtype", [np.float16, np.longdouble, np.float32, np.complex64])
def test_every_floating_dtype_may_have_a_gradient(dtype):
    x = md.Tensor(np.array([1, 2], dtype), allow_grad=True)
    (x * x).backward()
    assert x.grad.dtype == x.dtype == dtype
    same(x.grad, [2, 4])


@pytest.mark.parametrize(
    "make",
    [
        lambda xp, x: xp.full((2,), x),
        lambda xp, x: xp.full_like(xp.ones(2), x),
        lambda xp, x: xp.linspace(x, 4.0, 3),
        lambda xp, x: xp.asarray([x, 1.0]),
    ],
)
def test_creation_does_not_lose_a_history_silently(xp, make):
    """An error, or the right gradient: each has x once in its first place."""
    x = leaf(xp, 2.0)
    try:
        out = make(xp, x)
    except TypeError:
        return
    out[0].backward()
    same(x.grad, 1.0)


def test_scalars_beside_a_tensor_are_weak(xp):
    x = xp.asarray([1.0, 2.0], dtype=xp.float32)
    for y in (x * 2.0, 2 * x, x / 3, 2.0**x, x - 1):
        assert y.dtype == xp.float32
    assert (xp.asarray([1], dtype=xp.int8) * 2).dtype == xp.int8
    assert (x * 1j).dtype == xp.complex64


# ---- Python's conversions


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_numbers_of_one_element(xp, shape):
    for x in (xp.full(shape, 2.5), leaf(xp, np.full(shape, 2.5)) * 1.0):
        assert float(x) == 2.5
        assert int(x) == 2
        assert bool(x) is True
        assert complex(x) == 2.5 + 0j
        assert x.item() == 2.5
        assert [type(f(x)) for f in (float, int, bool, complex)] == [float, int, bool, complex]
        assert type(x.item()) is float
    z = xp.full(shape, 1 - 2j)
    assert complex(z) == z.item() == 1 - 2j


def test_index():
    xp = minidiff.array_api
    assert operator.index(xp.asarray(2)) == 2
    assert [10, 20, 30][xp.asarray(1)] == 20
    assert list(range(5))[xp.asarray(1) : xp.asarray(3)] == [1, 2]
    assert operator.index(strict.asarray(-1, dtype=strict.int8)) == -1


def test_iteration_keeps_the_history_and_can_be_repeated(xp):
    x = leaf(xp, [[1.0, 2.0], [3.0, 4.0]])
    rows = list(x)
    assert [type(row) for row in rows] == [md.Tensor] * 2
    same(rows[1], [3.0, 4.0])
    assert len(list(x)) == len(x) == 2
    first, second = x
    (first * second).backward()
    same(x.grad, [[3.0, 4.0], [1.0, 2.0]])
    assert list(xp.zeros((0, 3))) == []


def test_hash_is_identity_and_equality_is_element_by_element(xp):
    x, y = xp.asarray([1.0, 2.0]), xp.asarray([1.0, 3.0])
    same(x == y, [True, False])
    same(x != y, [False, True])
    same(x == 1.0, [True, False])
    assert (x == y).dtype == xp.bool
    found = {x: "x", y: "y"}
    assert found[x] == "x"
    assert found[y] == "y"
    assert len({x, y, x}) == 2
    assert (x == "text") is False
    same(x != None, [True, True])  # noqa: E711  # what is tested


def test_repr():
    assert repr(md.Tensor([1.0, 2.0])) == "Tensor([1., 2.])"
    assert str(md.Tensor([1.0])) == "Tensor([1.])"
    assert repr(md.Tensor([1], dtype=np.int8)) == "Tensor([1], dtype=int8)"
    assert repr(md.Tensor(2.0, allow_grad=True)) == "Tensor(2., allow_grad=True)"
    assert repr(md.Tensor(2.0, allow_grad=True) * 2) == "Tensor(4., op=multiply)"
    assert "shape=(2000,)" in repr(md.Tensor(np.zeros(2000)))
    assert (
        repr(strict.asarray([1.0])) == "Tensor([1.], device=array_api_strict.Device('CPU_DEVICE'))"
    )
    assert f"{md.Tensor(3.14159):.2f}" == "3.14"


# ---- NumPy beside it


@pytest.mark.parametrize("scalar", [np.float64(2.0), np.float32(2.0), np.int64(2)])
@pytest.mark.parametrize(
    ("operation", "slope"),
    [
        (lambda s, t: s * t, lambda s, t: s + 0 * t),
        (lambda s, t: t * s, lambda s, t: s + 0 * t),
        (lambda s, t: s - t, lambda s, t: -1 + 0 * t),
        (lambda s, t: s / t, lambda s, t: -s / t**2),
        (lambda s, t: s**t, lambda s, t: np.log(s) * s**t),
        (lambda s, t: t**s, lambda s, t: s * t ** (s - 1)),
    ],
)
def test_numpy_scalars_keep_the_history(scalar, operation, slope):
    x = md.Tensor([1.0, 3.0], allow_grad=True)
    y = operation(scalar, x)
    assert type(y) is md.Tensor
    np.testing.assert_allclose(y.as_numpy(), operation(scalar, np.array([1.0, 3.0])))
    y.backward()
    np.testing.assert_allclose(
        x.grad.as_numpy(), slope(float(scalar), np.array([1.0, 3.0])), rtol=1e-14
    )


def test_numpy_arrays_keep_the_history():
    a = np.array([[1.0, 2.0], [3.0, 4.0]])
    x = md.Tensor([5.0, 6.0], allow_grad=True)
    for y, want in ((a * x, a.sum(0)), (x * a, a.sum(0)), (a - x, [-2.0, -2.0])):
        assert type(y) is md.Tensor
        y.backward()
        same(x.grad, want)
    product = a @ x
    assert type(product) is md.Tensor
    same(product, a @ np.array([5.0, 6.0]))
    product.backward()
    same(x.grad, a.sum(0))
    (x @ a).backward()
    same(x.grad, a.sum(1))
    same(a > x, a > np.array([5.0, 6.0]))
    assert type(a == x) is md.Tensor


def test_an_array_beside_a_tensor_may_change_afterwards():
    a, x = np.array([1.0, 2.0]), md.Tensor([5.0, 6.0], allow_grad=True)
    y = a * x
    a[:] = 0.0
    y.backward()
    same(x.grad, [1.0, 2.0])


def test_mixing_libraries_raises_and_records_nothing():
    x, z = leaf(minidiff.array_api, [1.0]), leaf(strict, [1.0])
    for f in (operator.add, operator.matmul, operator.eq, minidiff.array_api.atan2):
        with pytest.raises(TypeError, match=r"numpy.*array_api_strict.*to_device"):
            f(x, z)
    assert not x.graphed


# ---- leaving: NumPy, DLPack, pickle


def test_as_numpy():
    x = md.Tensor([1.0, 2.0], allow_grad=True)
    found = x.as_numpy()
    found[0] = 9.0
    same(x, [1.0, 2.0])  # of a tracking tensor, a copy
    plain = md.Tensor([1.0, 2.0])
    plain.as_numpy()[0] = 9.0
    same(plain, [9.0, 2.0])  # of another, its memory
    _ = x * plain
    with pytest.raises(ValueError, match="read-only"):
        plain.as_numpy()[0] = 1.0  # unless a graph keeps it


EXPORTS = {
    "asarray": np.asarray,
    "array": lambda t: np.array(t, copy=True),
    "float32": lambda t: np.asarray(t, dtype=np.float32),
    "np.from_dlpack": np.from_dlpack,
    "array_api.from_dlpack": lambda t: minidiff.array_api.from_dlpack(t).as_numpy(),
}


@pytest.mark.parametrize("export", EXPORTS.values(), ids=EXPORTS)
def test_export(export):
    same_values = np.array([1.0, 2.0])
    np.testing.assert_array_equal(export(md.Tensor([1.0, 2.0])), same_values)
    x = md.Tensor([1.0, 2.0], allow_grad=True)
    for t in (x, x * 1.0):
        with pytest.raises(TypeError, match=r"history.*detach"):
            export(t)
        with md.allow_detach():
            np.testing.assert_array_equal(export(t), same_values)
        np.testing.assert_array_equal(export(t.detach()), same_values)
        with pytest.raises(TypeError, match=r"history.*detach"):
            export(t)


def test_allow_detach_as_decorator():
    x = md.Tensor([1.0], allow_grad=True)
    assert md.allow_detach()(lambda: np.asarray(x))() == 1.0
    with pytest.raises(TypeError, match="detach"):
        np.asarray(x)


@pytest.mark.parametrize("export", [np.asarray, np.from_dlpack, minidiff.array_api.from_dlpack])
def test_no_export_lets_anyone_change_what_a_graph_keeps(export):
    plain, x = md.Tensor([1.0, 2.0]), md.Tensor([3.0, 4.0], allow_grad=True)
    y = x * plain
    found = export(plain)
    with contextlib.suppress(ValueError):  # read-only
        found[0] = 100.0
    y.backward()
    same(x.grad, [1.0, 2.0])


def test_dlpack(xp):
    x = xp.asarray([1.0, 2.0])
    assert x.__dlpack_device__()[0] == 1  # kDLCPU
    assert type(minidiff.array_api.from_dlpack(np.ones(2))) is md.Tensor
    same(minidiff.array_api.from_dlpack(np.arange(3.0)), [0.0, 1.0, 2.0])
    same(xp.from_dlpack(x), [1.0, 2.0])
    there = xp.from_dlpack(x, copy=True)
    there[0] = 9.0
    same(x, [1.0, 2.0])


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))])
def test_duplicates_of_leaves(duplicate):
    x = md.Tensor([1.0, 2.0], allow_grad=True)
    (x * x).backward()
    y = duplicate(x)
    assert y is not x
    assert y.allow_grad
    same(y, [1.0, 2.0])
    same(y.grad, [2.0, 4.0])
    (y * 3.0).backward()
    same(y.grad, [3.0, 3.0])
    same(x.grad, [2.0, 4.0])
    constant = duplicate(md.Tensor([1], dtype=np.int8))
    assert not constant.allow_grad
    with pytest.raises(TypeError, match="detach"):
        duplicate(x * 1.0)
