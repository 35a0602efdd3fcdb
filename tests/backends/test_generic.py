"""Any array-API library as a backend: what the engine asks of it, against NumPy's answers."""

import operator

import array_api_strict
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minidiff as md
import numpy as np
from minidiff.backends import of_array, of_library
from minidiff.backends.generic import backend_of_array, generic_backend


@pytest.fixture(autouse=True)
def newest_standard():
    array_api_strict.set_array_api_strict_flags(api_version="2025.12")
    yield
    array_api_strict.reset_array_api_strict_flags()


def load(name):
    return array_api_strict if name == "array_api_strict" else pytest.importorskip(name)


@pytest.fixture(params=["array_api_strict", "torch"])
def library(request):
    return load(request.param)


@pytest.fixture
def backend(library):
    return generic_backend(library)


def key_for(backend, key):
    """A key with NumPy arrays in it, with the library's."""
    if type(key) is tuple:
        return tuple(key_for(backend, one) for one in key)
    return backend.arrays.asarray(key) if isinstance(key, np.ndarray) else key


# ---- finding it


def test_one_backend_for_each_library(library, backend):
    assert generic_backend(library) is backend
    assert of_library(library) is backend
    array = backend.arrays.asarray([1.0])
    assert backend_of_array(array) is backend
    assert of_array(array) is backend
    assert type(array) is backend.array_type


def test_compat_namespace_is_the_same_library():
    pytest.importorskip("torch")
    import array_api_compat.torch
    import torch

    assert generic_backend(torch) is generic_backend(array_api_compat.torch)


def test_a_subclass_of_the_array_belongs_to_the_library():
    torch = pytest.importorskip("torch")
    parameter = torch.nn.Parameter(torch.ones(2))
    backend = backend_of_array(parameter)
    assert backend is generic_backend(torch)
    assert backend.array_type is torch.Tensor


def test_a_parameter_is_a_constant_without_its_own_graph():
    torch = pytest.importorskip("torch")
    xp = md.wrap(torch)
    parameter = torch.nn.Parameter(torch.ones(2))
    x = xp.asarray([1.0, 2.0])
    x.allow_grad = True
    for y in (x * parameter, parameter * x, xp.where(x > 0, x, parameter), x[...] + parameter):
        assert not y._data.requires_grad
    y = xp.sum(x * parameter)
    with torch.no_grad():
        parameter.add_(5.0)  # what the graph keeps is a copy
    y.backward()
    np.testing.assert_array_equal(x.grad.as_numpy(), [1.0, 1.0])


def test_repr_of_a_dtype_that_numpy_does_not_have():
    torch = pytest.importorskip("torch")
    x = md.wrap(torch).asarray([1.0, 2.5], dtype=torch.bfloat16)
    assert repr(x).startswith("Tensor([1. , 2.5]")


@pytest.mark.parametrize("thing", [object(), {1: 2}, range(3), None])
def test_what_is_no_array_has_no_backend(thing):
    assert backend_of_array(thing) is None


def test_module_without_asarray():
    with pytest.raises(TypeError, match=r"math is no array-API library.*has no asarray"):
        generic_backend(__import__("math"))


def test_asarray_that_makes_no_array():
    class Library:
        __name__ = "mylib"

        @staticmethod
        def asarray(data):
            return [data]

    with pytest.raises(TypeError, match=r"mylib is no array-API library: its asarray makes a list"):
        generic_backend(Library())


def test_numpy_has_its_own_backend():
    import array_api_compat.numpy

    from minidiff.backends import numpy_backend

    class Alias:
        __name__ = "alias"
        asarray = staticmethod(np.asarray)

    assert of_library(array_api_compat.numpy) is numpy_backend
    assert generic_backend(Alias) is numpy_backend


# ---- dtypes


def test_dtypes(backend):
    xp = backend.arrays
    assert backend.is_complex(xp.complex128)
    assert not backend.is_complex(xp.float64)
    assert backend.is_floating(xp.float32)
    assert backend.is_floating(xp.complex64)
    assert not backend.is_floating(xp.int64)
    assert not backend.is_floating(xp.bool)
    assert xp.float64 in backend.plain
    assert xp.float32 in backend.plain


def test_default_float_is_the_librarys():
    assert generic_backend(array_api_strict).default_float() == array_api_strict.float64
    torch = pytest.importorskip("torch")
    assert generic_backend(torch).default_float() == torch.float32


def test_same_kind(backend):
    xp = backend.arrays
    backend.check_same_kind(xp.float64, xp.float32)
    backend.check_same_kind(xp.int64, xp.float32)
    for source, target in [("complex128", "float64"), ("float32", "int64"), ("int8", "uint8")]:
        with pytest.raises(TypeError, match=f"cannot turn .*{source} into .*{target}"):
            backend.check_same_kind(getattr(xp, source), getattr(xp, target))
        with pytest.raises(TypeError):  # as NumPy says
            generic_backend(np).check_same_kind(np.dtype(source), np.dtype(target))


# ---- memory


def test_views_by_their_memory(backend):
    xp = backend.arrays
    x = xp.reshape(xp.arange(12, dtype=xp.float64), (3, 4))
    views = [
        x,
        x[...],
        x[1, ...],
        x[:, 1:],
        x[None, ...],
        xp.reshape(x, (12,)),
        xp.permute_dims(x, (1, 0)),
        xp.broadcast_to(x, (2, 3, 4)),
        xp.real(x),
    ]
    copies = [
        x + 0,
        x[x > 3],
        xp.take(x, xp.asarray([0, 1]), axis=0),
        xp.reshape(xp.permute_dims(x, (1, 0)), (12,)),
        xp.asarray(x, copy=True),
        backend.copy(x),
    ]
    assert [backend.is_view(one, x) for one in views] == [True] * len(views)
    assert [backend.is_view(one, x) for one in copies] == [False] * len(copies)
    z = xp.asarray([1 + 2j, 3.0])
    assert backend.is_view(xp.imag(z), z)


@pytest.mark.parametrize("dtype", ["int64", "float64", "bool"])
@pytest.mark.parametrize(
    "name", ["all", "any", "ceil", "conj", "floor", "positive", "round", "trunc"]
)
def test_a_result_never_shares_memory_by_accident(backend, name, dtype):
    xp = backend.arrays
    x = xp.ones((2, 2), dtype=getattr(xp, dtype))
    kwargs = {"axis": ()} if name in ("all", "any") else {}
    try:
        out = getattr(xp, name)(x, **kwargs)
    except (TypeError, RuntimeError):  # not a dtype of this function in this library
        return
    assert not backend.is_view(out, x)


def test_to_numpy_and_back(backend):
    xp = backend.arrays
    for dtype in ("bool", "int16", "float32", "float64", "complex128"):
        array = xp.asarray([[1, 0], [1, 1]], dtype=getattr(xp, dtype))
        found = backend.as_numpy(array)
        assert found.dtype == np.dtype(dtype)
        np.testing.assert_array_equal(found, [[1, 0], [1, 1]])
        again = xp.asarray(found)
        assert again.dtype == array.dtype


def test_to_numpy_from_another_device():
    x = array_api_strict.asarray([1.0, 2.0], device=array_api_strict.Device("device1"))
    np.testing.assert_array_equal(generic_backend(array_api_strict).as_numpy(x), [1.0, 2.0])


def test_torch_gradients_stay_out():
    torch = pytest.importorskip("torch")
    backend = generic_backend(torch)
    x = torch.ones(2, requires_grad=True)
    for copy in (None, True, False):
        assert not backend.arrays.asarray(x, copy=copy).requires_grad
    np.testing.assert_array_equal(backend.as_numpy(x), [1, 1])
    np.testing.assert_array_equal(
        backend.as_numpy(torch.ones(2, dtype=torch.complex64).conj()), [1, 1]
    )


def test_torch_takes_any_numpy_array():
    torch = pytest.importorskip("torch")
    backend = generic_backend(torch)
    frozen = np.arange(3.0)
    frozen.flags.writeable = False
    np.testing.assert_array_equal(backend.as_numpy(backend.arrays.asarray(frozen)), frozen)
    back = np.arange(3.0)[::-1]
    np.testing.assert_array_equal(backend.as_numpy(backend.arrays.asarray(back)), back)


def test_zeros_are_where_the_other_is():
    device = array_api_strict.Device("device1")
    x = array_api_strict.asarray([1.0], device=device)
    zeros = generic_backend(array_api_strict).zeros((2, 3), array_api_strict.float32, x)
    assert zeros.device == device
    assert zeros.shape == (2, 3)
    assert zeros.dtype == array_api_strict.float32


def test_to_device():
    backend = generic_backend(array_api_strict)
    device = array_api_strict.Device("device1")
    same, moved = backend.to_device(array_api_strict.asarray([1.0]), device)
    assert same is backend
    assert moved.device == device


def test_quietly_silences_numpy_inside(backend):
    one, zero = backend.arrays.asarray([1.0]), backend.arrays.asarray([0.0])
    found = backend.quietly(operator.truediv, one, zero)
    assert backend.as_numpy(found)[0] == np.inf


# ---- indexing

KEYS = [
    ((5,), np.array([0, 2, 2, -1, 2])),
    ((5,), np.zeros(0, int)),
    ((5,), np.array([True, False, True, True, False])),
    ((4,), np.array(2)),
    ((3, 4), (np.array([0, 0, 2]), np.array([1, 1, 3]))),
    ((3, 4), (np.array([[0, 0], [2, 0]]), 1)),
    ((3, 4), np.ones((3, 4), bool)),
    ((3, 4), (slice(None, None, -1), 2)),
    ((3, 4), (..., slice(3, None, -2))),
    ((3, 4), (slice(0, 0, -1), ...)),
    ((3, 4), (None, 1, ..., None)),
    ((3, 4), (1, 2)),
    ((2, 3, 4), (..., None, slice(1, 3))),
    ((), ()),
    ((), ...),
    ((), np.array(True)),
    ((), np.array(False)),
    ((0, 3), (..., None)),
]


@pytest.mark.parametrize(("shape", "key"), KEYS, ids=[f"{s}-{k}" for s, k in KEYS])
def test_reading_adding_and_scattering_at_a_key(backend, shape, key):
    rng = np.random.default_rng(1)
    x, g = rng.normal(size=shape), rng.normal(size=np.zeros(shape)[key].shape)
    xp = backend.arrays
    library_key = key_for(backend, key)
    read = backend.as_numpy(xp.getitem(xp.asarray(x), library_key))
    np.testing.assert_array_equal(read, x[key])
    scattered = np.zeros(shape)
    np.add.at(scattered, key, g)
    found = xp.scatter_add(xp.asarray(g), library_key, shape)
    assert found.shape == shape
    assert found.dtype == xp.float64
    np.testing.assert_allclose(backend.as_numpy(found), scattered, rtol=1e-14)
    buffer = xp.asarray(x, copy=True)
    backend.add_at(buffer, library_key, xp.asarray(g))
    np.testing.assert_allclose(backend.as_numpy(buffer), x + scattered, rtol=1e-14)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_scattering_along_an_axis(backend, axis):
    # strict refuses such a key in x[key]; as a place to add to it comes from `take`.
    rng = np.random.default_rng(2)
    key = (*(slice(None),) * axis, np.array([1, 1, 0]))
    g = rng.normal(size=np.zeros((2, 3, 4))[key].shape)
    want = np.zeros((2, 3, 4))
    np.add.at(want, key, g)
    xp = backend.arrays
    found = xp.scatter_add(xp.asarray(g), key_for(backend, key), (2, 3, 4))
    np.testing.assert_allclose(backend.as_numpy(found), want, rtol=1e-14)


def test_adding_into_an_array_that_is_not_contiguous(backend):
    xp = backend.arrays
    buffer = xp.permute_dims(xp.zeros((4, 3), dtype=xp.float64), (1, 0))
    places = (xp.asarray([0, 0, 2]), xp.asarray([1, 1, 3]))
    backend.add_at(buffer, places, xp.asarray([1.0, 2.0, 4.0], dtype=xp.float64))
    want = np.zeros((3, 4))
    want[0, 1], want[2, 3] = 3, 4
    np.testing.assert_array_equal(backend.as_numpy(buffer), want)


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex128"])
def test_repeated_places_are_summed_with_all_their_digits(backend, dtype):
    # Large beside small, an inf and a nan: none may leak into another place's sum.
    rng = np.random.default_rng(3)
    values = (rng.normal(size=3000) * 10.0 ** rng.integers(-8, 8, 3000)).astype(dtype)
    places = rng.integers(3, 40, 3000)
    places[0], values[0] = 1, np.inf
    places[1], values[1] = 2, np.nan
    want = np.zeros(50, values.dtype)
    np.add.at(want, places, values)
    xp = backend.arrays
    found = backend.as_numpy(xp.scatter_add(xp.asarray(values), xp.asarray(places), (50,)))
    assert found.dtype == values.dtype
    scale = np.zeros(50)
    np.add.at(scale, places, np.abs(values.astype("complex128")))
    eps = float(np.finfo(values.dtype).eps)
    np.testing.assert_array_equal(np.isfinite(found), np.isfinite(want))
    finite = np.isfinite(want)
    assert np.all(np.abs(found[finite] - want[finite]) <= 100 * eps * scale[finite])


@given(st.lists(st.integers(0, 6), max_size=40))
def test_sums_at_any_places(places):
    backend = generic_backend(array_api_strict)
    xp = backend.arrays
    values = np.arange(1.0, len(places) + 1)
    want = np.zeros(7)
    np.add.at(want, np.asarray(places, int), values)
    key = xp.asarray(np.asarray(places, int))
    np.testing.assert_array_equal(
        backend.as_numpy(xp.scatter_add(xp.asarray(values), key, (7,))), want
    )


def test_a_write_reads_its_value_first(backend):
    xp = backend.arrays
    x = xp.arange(6, dtype=xp.float64)
    xp.write_at(x, slice(1, None), x[:-1])
    np.testing.assert_array_equal(backend.as_numpy(x), [0, 0, 1, 2, 3, 4])


def test_torch_writes_backwards():
    backend = generic_backend(pytest.importorskip("torch"))
    xp = backend.arrays
    x = xp.zeros((2, 3))
    backend.write(x, (0, slice(None, None, -1)), xp.asarray([1.0, 2.0, 3.0]))
    backend.write(x, (1, slice(None, None, -2)), 5.0)
    np.testing.assert_array_equal(backend.as_numpy(x), [[3, 2, 1], [5, 0, 5]])


# ---- through minidiff.wrap


def both(library):
    """minidiff over a library and over NumPy, and a function that makes a leaf in each."""
    xp = md.wrap(library)
    return xp, md.wrap(np)


def leaf(xp, values):
    x = xp.asarray(values, dtype=xp.float64, copy=True)
    x.allow_grad = True
    return x


def same(found, want):
    np.testing.assert_allclose(found.as_numpy(), want.as_numpy(), rtol=1e-12, atol=1e-12)


VALUES = np.array([[0.3, -1.2, 2.0, 0.7], [1.1, 0.4, -0.6, 1.9], [0.2, 2.2, 1.4, -0.9]])

FUNCTIONS = {
    "arithmetic": lambda xp, x: xp.sum((2 * x - 1) * x / (x * x + 1)),
    "elementwise": lambda xp, x: xp.sum(xp.sin(x) * xp.exp(-x) + xp.log(x * x + 1)),
    "power": lambda xp, x: xp.sum(x**3 + (x * x + 1) ** 0.5),
    "matmul": lambda xp, x: xp.sum((x @ x.T) ** 2),
    "mean": lambda xp, x: xp.sum((x - xp.mean(x, axis=0)) ** 2),
    "var": lambda xp, x: xp.sum(xp.var(x, axis=1) * xp.std(x, axis=1)),
    "prod": lambda xp, x: xp.sum(xp.prod(x, axis=1)),
    "max": lambda xp, x: xp.sum(xp.max(x, axis=0) ** 2),
    "where": lambda xp, x: xp.sum(xp.where(x > 0.5, x**2, -x)),
    "cumulative_sum": lambda xp, x: xp.sum(xp.cumulative_sum(x, axis=1) ** 2),
    "sort": lambda xp, x: xp.sum(
        xp.sort(x, axis=1) ** 2 * xp.asarray([1.0, 2.0, 3.0, 4.0], dtype=xp.float64)
    ),
    "reshape": lambda xp, x: xp.sum(xp.reshape(xp.permute_dims(x, (1, 0)), (2, 6))[0, :] ** 3),
    "concat": lambda xp, x: xp.sum(xp.concat([x, 2 * x], axis=0) ** 2),
    "stack": lambda xp, x: xp.sum(xp.stack([x, x * x], axis=1) ** 2),
    "flip": lambda xp, x: xp.sum(xp.flip(x, axis=1) * x * x),
    "roll": lambda xp, x: xp.sum(xp.roll(x, 1, axis=0) * x**2),
    "slice": lambda xp, x: xp.sum(x[1:, :] * x[:-1, :] ** 2),
    "backwards": lambda xp, x: xp.sum(x[:, ::-1] * x**2),
    "element": lambda xp, x: x[0, 0] * x[1, 2] ** 2,
    "new axis": lambda xp, x: xp.sum(x[:, None, :] * x[None, :, :] ** 2),
    "mask": lambda xp, x: xp.sum(x[x > 0] ** 3),
    "integers": lambda xp, x: xp.sum(x[xp.asarray([0, 0, 2, 0]), xp.asarray([1, 1, 3, 2])] ** 3),
    "take": lambda xp, x: xp.sum(xp.take(x, xp.asarray([2, 0, 2]), axis=1) ** 3),
    "take_along_axis": lambda xp, x: xp.sum(
        xp.take_along_axis(x, xp.asarray([[0, 0], [1, 3], [2, 2]]), axis=1) ** 3
    ),
    "0-d": lambda xp, x: xp.sum(x) ** 2 * 0.5,
    "complex": lambda xp, x: xp.sum(xp.abs(xp.exp(1j * x) * (x + 2j)) ** 2),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_as_over_numpy(library, name):
    f = FUNCTIONS[name]
    results = []
    for xp in both(library):
        x = leaf(xp, VALUES)
        y = f(xp, x)
        y.backward(allow_higher_order=True)
        first = x.grad
        direction = xp.asarray(np.cos(VALUES), dtype=xp.float64)
        again = xp.sum(first * direction)
        second = None
        if again.allow_grad:
            again.backward()
            second = x.grad
        results.append((y, first.detach(), second))
    (y, first, second), (want, want_first, want_second) = results
    assert type(y._data) is generic_backend(library).array_type
    same(y, want)
    same(first, want_first)
    assert (second is None) == (want_second is None)
    if second is not None:
        same(second, want_second)


def row_by_row(xp, x):
    out = xp.zeros((3, 4), dtype=xp.float64)
    for i in range(3):
        out[i, ...] = x[i, ...] ** 2
    return out


def through_a_view(xp, x):
    y = x * 1.0
    row = y[1, ...]
    row *= x[0, ...]
    return y


def through_views_of_views(xp, x):
    y = x * 1.0
    part = xp.permute_dims(xp.reshape(y, (2, 6)), (1, 0))
    part[2:4, 0] = x[0, :2] ** 2
    part += 1.0
    return y * y


def masked(xp, x):
    y = x * x
    y[x < 0.5] = 0.25
    return y * x


def in_place_operators(xp, x):
    y = x * 1.0
    y += x
    y *= y
    y -= 0.5
    y /= 2.0
    return y


@pytest.mark.parametrize(
    "f", [row_by_row, through_a_view, through_views_of_views, masked, in_place_operators]
)
def test_updates_in_place_as_over_numpy(library, f):
    results = []
    for xp in both(library):
        x = leaf(xp, VALUES)
        y = f(xp, x)
        xp.sum(y * xp.asarray(np.sin(VALUES), dtype=xp.float64)).backward(allow_higher_order=True)
        first = x.grad
        xp.sum(first * first).backward()
        results.append((y.detach(), first.detach(), x.grad))
    for found, want in zip(*results, strict=True):
        same(found, want)


def test_an_update_under_no_grad(library):
    xp = md.wrap(library)
    x = leaf(xp, VALUES)
    view = x[0, ...]
    with md.no_grad():
        x -= 0.5
    np.testing.assert_allclose(x.as_numpy(), VALUES - 0.5)
    np.testing.assert_allclose(view.as_numpy(), VALUES[0] - 0.5)
    assert x.is_leaf
    assert x.allow_grad


def test_a_write_after_the_result_was_kept(library):
    xp = md.wrap(library)
    x = leaf(xp, VALUES)
    y = x * 1.0
    z = xp.sum(y * y)
    y[0, ...] = 0.0
    z.backward()
    np.testing.assert_allclose(x.grad.as_numpy(), 2 * VALUES)


def test_a_result_is_not_written_through_its_input(library):
    xp = md.wrap(library)
    x = xp.asarray([1, 2, 3])
    y = +x
    x[0] = 7
    np.testing.assert_array_equal(y.as_numpy(), [1, 2, 3])


def test_devices_and_dtypes_are_the_librarys(library):
    xp = md.wrap(library)
    bare = generic_backend(library).arrays
    x = xp.zeros(3)
    assert x.device == bare.zeros(3).device
    assert x.dtype == bare.zeros(3).dtype
    assert xp.float32 == bare.float32
    assert x.__array_namespace__() is xp
    assert md.wrap(library) is xp


def test_two_libraries_do_not_mix(library):
    xp = md.wrap(library)
    with pytest.raises(TypeError, match=r"numpy.*to_device|to_device.*numpy"):
        xp.ones(2) + md.wrap(np).ones(2)


def test_copies_and_shares_as_asked(library):
    xp = md.wrap(library)
    bare = generic_backend(library).arrays
    array = bare.zeros(3)
    copied, shared = md.Tensor(array), xp.asarray(array)
    array[0] = 1
    assert float(copied[0]) == 0
    assert float(shared[0]) == 1
