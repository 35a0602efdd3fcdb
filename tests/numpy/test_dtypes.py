"""Calls of the tables in single and in half precision: NumPy's result dtype, and its numbers."""

import calls_elementwise
import calls_reductions
import pytest
from calls import ARRAYS, CALLS

import minidiff as md
import minidiff.numpy
import numpy

EVERYWHERE = {**calls_elementwise.CALLS, **calls_reductions.CALLS}

SINGLE = {"f": "float32", "c": "complex64", "i": "int32"}
HALF = {"f": "float16", "c": "complex64"}


def texts(calls):
    return sorted({text for found in calls.values() for text in found})


def used(text, dtypes):
    """The arrays that an expression names, in other dtypes."""
    names = compile(text, "call", "eval").co_names
    arrays = {name: ARRAYS[name] for name in names if name in ARRAYS}
    return {n: a.astype(dtypes.get(a.dtype.kind, a.dtype)) for n, a in arrays.items()}


def several(out):
    return list(out) if isinstance(out, tuple | list) else [out]


def assert_alike(text, dtypes, tolerance):
    arrays = used(text, dtypes)
    leaves = {n: md.Tensor(a, allow_grad=a.dtype.kind in "fc") for n, a in arrays.items()}
    expected = several(eval(text, {"np": numpy, **arrays}))
    found = several(eval(text, {"np": minidiff.numpy, **leaves}))
    for one, other in zip(found, expected, strict=True):
        if not isinstance(other, numpy.ndarray | numpy.generic):
            assert one == other
            continue
        assert (one.shape, one.dtype) == (other.shape, other.dtype)
        numpy.testing.assert_allclose(one.as_numpy(), other, rtol=tolerance, atol=tolerance)
        if one.allow_grad:
            one.backward(cleanup_mode="keep")
    for name, leaf in leaves.items():
        if leaf.grad is not None:
            assert (leaf.grad.shape, leaf.grad.dtype) == (leaf.shape, leaf.dtype), name


@pytest.mark.parametrize("text", texts(CALLS))
def test_single_precision(text):
    assert_alike(text, SINGLE, 2e-4)


@pytest.mark.parametrize("text", texts(EVERYWHERE))
def test_half_precision(text):
    assert_alike(text, HALF, 4e-2)


NUMBERS = [2, 2.0, True, numpy.float32(2), numpy.int64(2), 2j]
BINARY = ["add", "subtract", "multiply", "divide", "maximum", "hypot", "power", "fmod", "less"]


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("dtype", ["float32", "complex64", "int8", "float64", "bool"])
@pytest.mark.parametrize("make", [numpy.ones, lambda n, dtype: numpy.ones(1, dtype)[0]])
def test_a_number_beside_a_plain_array_has_no_dtype_of_its_own(name, dtype, make):
    """Whichever comes first, and whether Tensors or NumPy's arrays and scalars."""
    array = make(2, dtype)
    for number in NUMBERS:
        for pair in ((number, array), (array, number)):
            try:
                expected = getattr(numpy, name)(*pair).dtype
            except TypeError:
                continue
            assert getattr(minidiff.numpy, name)(*pair).dtype == expected, pair
            tensors = [md.asarray(one) if one is array else one for one in pair]
            assert getattr(minidiff.numpy, name)(*tensors).dtype == expected, pair
