"""What the engine asks of NumPy, the backend of the device 'cpu'."""

import contextlib
import operator
import subprocess
import sys
from math import inf, nan

import array_api_strict
import pytest

import minidiff.array_api as xp
import numpy as np
from minidiff.backends import (
    _numpy_functions,
    ingest,
    numpy_backend,
    of_array,
    of_device,
    of_library,
)
from minidiff.backends._numpy_functions import is_basic, scatter_add
from minidiff.backends.numpy import NumPyBackend, silencer


def test_where_it_is_found():
    import array_api_compat.numpy

    assert of_device(None) is of_device("cpu") is numpy_backend
    assert of_library(np) is of_library(array_api_compat.numpy) is numpy_backend
    assert of_array(np.ones(2)) is numpy_backend
    assert of_array(np.float64(1)) is numpy_backend


@pytest.mark.parametrize("thing", [1, 2.0, 3j, True, "text", [1.0], (1.0,), None])
def test_literals_have_no_backend(thing):
    assert of_array(thing) is None


@pytest.mark.parametrize("device", ["gpu", "cpu:0", 0, "cudax"])
def test_unknown_device(device):
    with pytest.raises(ValueError, match=r"unknown device .*'cpu', 'cuda' and 'cuda:N'.*wrap"):
        of_device(device)


def test_ingested_literals():
    backend, array = ingest([1, 2], None, None, copy=True)
    assert backend is numpy_backend
    assert array.dtype == np.int64
    assert ingest([1, 2], None, None, copy=True, floating=True)[1].dtype == np.float64
    assert ingest(np.ones(2, "int8"), None, None, copy=True, floating=True)[1].dtype == np.int8
    assert ingest([1j], None, None, copy=True, floating=True)[1].dtype == np.complex128


def test_ingested_data_of_another_library_are_copied_if_asked():
    array = array_api_strict.zeros(3)
    _, copied = ingest(array, None, "cpu", copy=True)
    array[0] = 1
    assert copied[0] == 0
    with pytest.raises(ValueError, match=r"copy=False.*array_api_strict.*numpy"):
        ingest(array, None, "cpu", copy=False)


def test_views_by_their_memory():
    x = np.arange(12.0).reshape(3, 4)
    inner = x[1:]
    for view in (x, x[0], x[:, ::-1], x.T, x.reshape(2, 6), x[None], np.broadcast_to(x, (2, 3, 4))):
        assert numpy_backend.is_view(view, x)
    assert numpy_backend.is_view(inner[0], inner)
    assert numpy_backend.is_view((x + 1j).imag, x) is False
    z = x + 1j
    assert numpy_backend.is_view(z.imag, z)
    for copy in (x + 0, x[[0, 1]], x[x > 3], x.T.reshape(-1), np.asarray(x[1, 2]), x.copy()):
        assert not numpy_backend.is_view(copy, x)


def test_a_copy_keeps_the_order_in_memory():
    # A reshape that was a view of the original has to be one of the copy.
    x = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    assert x.T.reshape(-1).base is not None
    copied = numpy_backend.copy(x)
    assert numpy_backend.is_view(copied.T.reshape(-1), copied)


@pytest.mark.parametrize(
    ("key", "basic"),
    [
        (0, True),
        (np.int64(1), True),
        (slice(None), True),
        (..., True),
        (None, True),
        ((0, slice(1, 2), ..., None), True),
        ((), True),
        (True, False),
        (np.True_, False),
        ([0, 1], False),
        (np.array(1), False),
        (np.array([True, False]), False),
        ((0, np.array([1])), False),
    ],
)
def test_basic_keys(key, basic):
    assert is_basic(key) is basic


def test_adding_at_repeated_places():
    x = np.zeros(3)
    numpy_backend.add_at(x, np.array([1, 1, 2]), np.array([1.0, 2.0, 4.0]))
    np.testing.assert_array_equal(x, [0, 3, 4])
    numpy_backend.add_at(x, slice(None, None, 2), np.array([1.0, 1.0]))
    np.testing.assert_array_equal(x, [1, 3, 5])


@pytest.mark.parametrize("by_scipy", [False, True])
@pytest.mark.parametrize("width", [(), (3,), (7, 5), (1 << 17,)])
def test_adding_more_rows_than_go_at_once(width, by_scipy, monkeypatch):
    """In pieces, of which the last is shorter; and wider than a piece. By SciPy, all at once."""
    if by_scipy:
        pytest.importorskip("scipy")
        monkeypatch.setattr(_numpy_functions, "MANY", 0)
    monkeypatch.setattr(_numpy_functions, "AT_ONCE", 64)
    rng = np.random.default_rng(0)
    rows = rng.integers(-6, 6, (2, 11))
    value = rng.integers(0, 100, (2, 11, *width)).astype(float)
    found, expected = np.zeros((2, 6, *width))
    numpy_backend.add_at(found, rows, value)
    np.add.at(expected, rows, value)
    np.testing.assert_array_equal(found, expected)
    numpy_backend.add_at(found, rows, np.float64(2))  # a number, broadcast
    np.add.at(expected, rows, 2)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    "dtype", ["float32", "float64", "complex64", "complex128", "float16", "int64"]
)
def test_many_rows_are_added_alike_with_and_without_scipy(dtype, monkeypatch):
    pytest.importorskip("scipy")
    rng = np.random.default_rng(1)
    rows, value = rng.integers(0, 4, 50), rng.normal(size=(50, 3)).astype(dtype)
    first, second = np.zeros((2, 5, 3), dtype)
    numpy_backend.add_at(first, rows, value)
    monkeypatch.setattr(_numpy_functions, "MANY", 0)
    numpy_backend.add_at(second, rows, value)
    np.testing.assert_array_equal(first, second)
    with pytest.raises((ValueError, IndexError)):  # not written beyond the array
        numpy_backend.add_at(second, np.array([0, 5]), value[:2])


def test_without_scipy_rows_are_added_all_the_same(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.setitem(sys.modules, "scipy.sparse", None)
    monkeypatch.setattr(_numpy_functions, "MANY", 0)
    found = np.zeros((3, 2))
    numpy_backend.add_at(found, np.array([1, 1]), np.ones((2, 2)))
    np.testing.assert_array_equal(found, [[0, 0], [2, 2], [0, 0]])


def test_a_write_reads_its_value_first():
    x = np.arange(6.0)
    numpy_backend.write(x, np.array([True, False] * 3), x[:3])
    np.testing.assert_array_equal(x, [0, 1, 1, 3, 2, 5])


def test_scattering():
    found = numpy_backend.arrays.scatter_add(np.float32([1, 2]), np.array([3, 3]), (5,))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, [0, 0, 0, 3, 0])


def test_dtypes():
    assert numpy_backend.is_complex(np.dtype("complex64"))
    assert not numpy_backend.is_complex(np.dtype("float64"))
    for name in ("float16", "float32", "longdouble", "complex128"):
        assert numpy_backend.is_floating(np.dtype(name))
    for name in ("int64", "bool", "uint8"):
        assert not numpy_backend.is_floating(np.dtype(name))
    numpy_backend.check_same_kind(np.dtype("float64"), np.dtype("float32"))
    with pytest.raises(TypeError, match="cannot turn float64 into int64"):
        numpy_backend.check_same_kind(np.dtype("float64"), np.dtype("int64"))


def test_to_device():
    x = np.ones(2)
    assert numpy_backend.to_device(x, "cpu") == (numpy_backend, x)
    with pytest.raises(ValueError, match="unknown device 'tpu'"):
        numpy_backend.to_device(x, "tpu")


def test_quietly():
    assert numpy_backend.quietly(operator.truediv, np.ones(1), np.zeros(1)) == np.inf
    with np.errstate(all="raise"):
        with contextlib.suppress(KeyError):
            numpy_backend.quietly({}.__getitem__, "an error on the way out")
        assert set(np.geterr().values()) == {"raise"}  # the caller's own setting is back


def test_quietly_where_numpy_keeps_its_setting_elsewhere(monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(np, "seterr", lambda **kwargs: None)
        quietly = silencer()
    assert quietly(operator.truediv, np.ones(1), np.zeros(1)) == np.inf


def test_ones_are_new_each_time_and_few_are_remembered():
    backend = NumPyBackend()
    for size in range(3 * backend.most_patterns):
        for dtype in ("f8", "f4", "f8", "c8", "f4"):
            made = backend.ones((size,), np.dtype(dtype), None)
            np.testing.assert_array_equal(made, np.ones(size), strict=dtype == "f8")
            assert made.dtype == dtype
            made[...] = 7.0
    large = (backend.most_in_pattern + 1,)
    assert backend.ones(large, backend.double, None).shape == large
    assert len(backend.patterns) <= backend.most_patterns
    assert large not in backend.patterns


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "complex64"])
@pytest.mark.parametrize("number", [0, 0.0, -0.0, 1, 0.1, -2.5, 1e300, 2**70, inf, -inf, nan])
@pytest.mark.parametrize("function", [operator.mul, operator.truediv, operator.sub, operator.eq])
def test_numbers_beside_an_array_are_as_numpy_has_them(function, number, dtype):
    array = np.asarray([-1.5, -0.0, 0.0, 2.0]).astype(dtype)
    x = xp.asarray(array)
    with np.errstate(all="ignore"):
        for one in (number, -number, number):  # what was remembered must not serve the other
            for found, expected in (
                (function(x, one), function(array, one)),
                (function(one, x), function(one, array)),
            ):
                np.testing.assert_array_equal(found.as_numpy(), expected, strict=True)
                if expected.dtype.kind == "f":
                    signs = [np.signbit(np.nan_to_num(y)) for y in (found.as_numpy(), expected)]
                    np.testing.assert_array_equal(*signs)


def test_few_numbers_are_remembered():
    backend = NumPyBackend()
    for numbers, dtype in ((backend.doubles, "f8"), (backend.singles, "f4")):
        for number in range(2 * numbers.most):
            assert numbers[number] == number
            assert numbers[number].dtype == dtype
        assert numbers[1] is numbers[1]
        assert not numbers[1].flags.writeable
        assert not {0, inf, nan} & set(numbers)
        assert 1 < len(numbers) <= numbers.most
    with np.errstate(over="ignore"):
        assert np.isinf(backend.singles[1e300])
    assert 1e300 not in backend.singles


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("shape", [(), (0,), (7,), (2, 0), (2, 3), (1 << 16,), (1 << 17,)])
def test_any_gives_what_numpy_gives(shape, keepdims):
    # Truth values are counted where they are few.
    for place in (None, 0, -1):
        truths = np.zeros(shape, bool)
        if place is not None and truths.size:
            truths.reshape(-1)[place] = True
        for x in (truths, truths.astype(float)):
            for axis in (None, *range(x.ndim)):
                found = _numpy_functions.any(x, axis, keepdims)
                expected = np.any(x, axis=axis, keepdims=keepdims)
                assert type(found) is type(expected)
                np.testing.assert_array_equal(found, expected, strict=True)


@pytest.mark.parametrize("step", [None, 1, 2, -1, -3])
@pytest.mark.parametrize("stop", [None, 0, 2, 5, 9, -1, -9])
@pytest.mark.parametrize("start", [None, 0, 3, 5, 9, -2, -9])
def test_scatter_add_of_a_slice(start, stop, step):
    key, x = slice(start, stop, step), np.arange(1.0, 11.0).reshape(5, 2)
    expected = np.zeros((5, 2))
    expected[key] = x[key]
    np.testing.assert_array_equal(scatter_add(x[key], key, (5, 2)), expected)


def test_nothing_else_is_imported():
    code = (
        "import sys, minidiff.backends as b; b.ingest([1.0], None, None, copy=True); "
        "print([m for m in ('cupy', 'torch', 'scipy', 'array_api_compat') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


# ---- special cases of the standard that NumPy has otherwise

FLOORS = [
    (inf, 2.0, inf),
    (inf, -2.0, -inf),
    (-inf, 2.0, -inf),
    (-inf, -2.0, inf),
    (2.0, -inf, -0.0),
    (-2.0, inf, -0.0),
    (2.0, inf, 0.0),
    (inf, inf, nan),
    (7.0, 2.0, 3.0),
    (-7.0, 2.0, -4.0),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("way", ["function", "operator", "in place"])
def test_floor_divide(way, dtype):
    x1, x2, expected = (np.array(column, dtype) for column in zip(*FLOORS, strict=True))
    a, b = xp.asarray(x1, copy=True), xp.asarray(x2)
    with np.errstate(all="ignore"):
        if way == "in place":
            a //= b
        else:
            a = xp.floor_divide(a, b) if way == "function" else a // b
    assert a.dtype == dtype
    found, known = a.as_numpy(), ~np.isnan(expected)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(np.signbit(found)[known], np.signbit(expected)[known])


def test_floor_divide_in_place_keeps_the_dtype():
    a = xp.asarray([7, 8])
    a //= 2
    assert a.as_numpy().tolist() == [3, 4]
    with pytest.raises(TypeError, match="cannot turn float64 into int64"):
        a //= xp.asarray([2.0, 2.0])


PARTS = {
    "expm1": [
        (complex(0, 0), complex(0, 0)),
        (complex(-0.0, 0), complex(0, 0)),
        (complex(inf, 0), complex(inf, 0)),
        (complex(-inf, inf), complex(-1, 0)),
        (complex(inf, inf), complex(inf, nan)),
        (complex(-inf, nan), complex(-1, 0)),
        (complex(inf, nan), complex(inf, nan)),
        (complex(nan, 0), complex(nan, 0)),
        (complex(0.5, 0.25), np.expm1(0.5 + 0.25j)),
    ],
    "tanh": [
        (complex(inf, 2.0), complex(1, 0)),
        (complex(inf, 0.5), complex(1, 0)),
        (complex(-inf, 2.0), complex(-1, 0)),
        (complex(0.5, 0.25), np.tanh(0.5 + 0.25j)),
    ],
}


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_complex_special_cases(name, dtype):
    given, expected = (np.array(column, dtype) for column in zip(*PARTS[name], strict=True))
    with np.errstate(all="ignore"):
        found = getattr(xp, name)(xp.asarray(given)).as_numpy()
        one_by_one = [getattr(xp, name)(xp.asarray(z)).as_numpy()[()] for z in given]
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, np.array(one_by_one, dtype))
    for part in ("real", "imag"):
        one, other = getattr(found, part), getattr(expected, part)
        np.testing.assert_allclose(one, other, rtol=1e-6)
        known = ~np.isnan(other)
        np.testing.assert_array_equal(np.signbit(one)[known], np.signbit(other)[known])


# ---- views by broadcasting

STRETCHED = [
    (np.ones(3)[::-1], (2, 3)),
    (np.ones((3, 1)), (3, 4)),
    (np.ones(()), (2,)),
    (np.ones(()), ()),
    (np.ones((0, 1)), (0, 3)),
    (np.arange(6.0).reshape(2, 3).T, (4, 3, 2)),
    (np.arange(4)[1:], (2, 3)),
    (np.float32(2.0), (2, 2)),
    (np.ones(3), [2, 3]),
    (np.ones(1), 2),
]
# Not like this: the second of each is no shape that the first may take.
NOT_STRETCHED = [
    (np.ones(3), ()),
    (np.ones(3), (2,)),
    (np.ones((2, 3)), (3,)),
    (np.ones(3), (-1, 3)),
    (np.ones(()), (-1,)),
    (np.ones(1), (-2,)),
]


@pytest.mark.parametrize(("x", "shape"), STRETCHED)
def test_broadcast_to_gives_numpys_view(x, shape):
    out, expected = _numpy_functions.broadcast_to(x, shape), np.broadcast_to(x, shape)
    assert (out.shape, out.strides, out.dtype) == (expected.shape, expected.strides, expected.dtype)
    assert not out.flags.writeable
    np.testing.assert_array_equal(out, expected)
    if isinstance(x, np.ndarray):
        assert out.ctypes.data == x.ctypes.data
        assert numpy_backend.is_view(out, x)


@pytest.mark.parametrize(("x", "shape"), NOT_STRETCHED)
def test_broadcast_to_raises_what_numpy_raises(x, shape):
    with pytest.raises(ValueError) as expected:  # noqa: PT011  # its text is compared below
        np.broadcast_to(x, shape)
    with pytest.raises(ValueError) as found:  # noqa: PT011  # as above
        _numpy_functions.broadcast_to(x, shape)
    assert str(found.value) == str(expected.value)
