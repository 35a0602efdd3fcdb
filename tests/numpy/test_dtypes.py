"""Calls of the tables in single and in half precision: NumPy's result dtype, and its numbers."""

import calls_elementwise
import calls_fft
import calls_linalg
import calls_reductions
import pytest
from calls import ARRAYS

import minidiff as md
import minidiff.numpy
import numpy

EVERYWHERE = {**calls_elementwise.CALLS, **calls_reductions.CALLS}
WITH_SINGLE = {**EVERYWHERE, **calls_linalg.CALLS, **calls_fft.CALLS}

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


@pytest.mark.parametrize("text", texts(WITH_SINGLE))
def test_single_precision(text):
    assert_alike(text, SINGLE, 2e-4)


@pytest.mark.parametrize("text", texts(EVERYWHERE))
def test_half_precision(text):
    assert_alike(text, HALF, 4e-2)
