"""The NumPy drop-in over other libraries' Tensors: the same numbers, in that library's arrays."""

import calls_elementwise
import calls_fft
import calls_linalg
import calls_reductions
import pytest
from calls import ARRAYS

import minidiff as md
import minidiff.numpy
import numpy

CALLS = {
    **calls_elementwise.CALLS,
    **calls_reductions.CALLS,
    **calls_linalg.CALLS,
    **calls_fft.CALLS,
}


def named(text):
    return {n for n in compile(text, "call", "eval").co_names if n in ARRAYS}


TEXTS = sorted({text for found in CALLS.values() for text in found if named(text)})


def strict_refuses(text):
    """What array_api_strict has no answer to, and neither has the standard."""
    integers = bool(named(text) & {"i", "j", "k"})
    complex_spread = "z" in named(text) and any(f"np.{n}(" in text for n in ("std", "var"))
    return integers or complex_spread or "a_max=v" in text or "[" in text


def assert_alike(text, library):
    space = md.wrap(library)
    tensors = {n: space.asarray(ARRAYS[n].copy()) for n in named(text)}
    expected = eval(text, {"np": numpy, **{n: ARRAYS[n] for n in named(text)}})
    found = eval(text, {"np": minidiff.numpy, **tensors})
    several = isinstance(expected, tuple | list)
    pairs = zip(found, expected, strict=True) if several else [(found, expected)]
    for one, other in pairs:
        if type(one) is md.Tensor:
            assert one.__array_namespace__() is space
            one = one.as_numpy()
        # PyTorch computes with integers in single precision.
        close = 1e-6 if numpy.asarray(one).dtype == "float32" else 1e-10
        numpy.testing.assert_allclose(one, other, rtol=close, atol=close)


@pytest.mark.parametrize("text", [text for text in TEXTS if not strict_refuses(text)])
def test_strict(text):
    assert_alike(text, pytest.importorskip("array_api_strict"))


@pytest.mark.parametrize("text", [text for text in TEXTS if "np.asarray" not in text])
def test_torch(text):
    pytest.importorskip("torch")
    assert_alike(text, pytest.importorskip("array_api_compat.torch"))
