"""The NumPy drop-in over other libraries' Tensors: the same numbers, in that library's arrays."""

import re

import pytest
from calls import ARRAYS, CALLS, words

import minidiff as md
import minidiff.numpy
import numpy


def named(text):
    return {n for n in compile(text, "call", "eval").co_names if n in ARRAYS}


# What makes arrays anew, and so NumPy's.
MADE = ("arange", "array", "asarray", "eye", "full", "identity", "indices", "ones", "tri", "zeros")
MADE = (*MADE, "diag_indices", "mgrid", "tril_indices", "like")


def of_one_library(text):
    return named(text) and not any(f"{name}(" in text or f"{name}[" in text for name in MADE)


TEXTS = sorted({text for found in CALLS.values() for text in found if of_one_library(text)})


# What array_api_strict has no answer to, and neither has the standard: functions of real numbers of
# integers, numbers of several kinds in one operation, truth values in order.
REFUSED = {
    *("np.add(j, 0.5)", "np.add.outer(a, i)", "np.multiply(j, 0.5)", "np.clip(j, 1.5, 2.5)"),
    *("np.copysign(j, a)", "np.hypot(j, a)", "np.power(j, a)", "np.remainder(j, q)"),
    *("np.divide(j, 2)", "np.true_divide(j, 2)", "np.max(k, initial=False, where=k)"),
    *(
        "np.clip(a, a_min=-0.5, a_max=v)",
        "np.clip(a, -0.5, v, dtype='f4')",
        "np.exp(j, where=True)",
    ),
    "np.logical_and.reduce([k[0], [False, True, True]])",
}

REAL = words("arcsinh arctan asinh atan cos cosh exp expm1 sin sinh sqrt tanh")


def strict_refuses(text):
    of_integers = re.fullmatch(rf"np\.({'|'.join(REAL)})\(j\)", text)
    by_itself = re.search(r"\b[a-z]\[(?!\.\.\.|None, :, )|j / 7|z \* k|x \+ 1\.7", text)
    return text in REFUSED or of_integers or by_itself


def computed(text, space):
    """What a call gives for Tensors of a library, and the gradients of the results' squares."""
    leaves = {name: space.asarray(ARRAYS[name].copy()) for name in sorted(named(text))}
    for name, leaf in leaves.items():
        leaf.allow_grad = ARRAYS[name].dtype.kind in "fc"
    found = eval(text, {"np": minidiff.numpy, **leaves})
    found = list(found) if isinstance(found, tuple | list) else [found]
    for one in found:
        if type(one) is md.Tensor and one.allow_grad:
            loss = space.sum(minidiff.numpy.abs(one) ** 2)
            loss.backward(cleanup_mode="keep", reset_grads=False)
    return found, [leaf.grad for leaf in leaves.values()]


def narrow(one):
    return type(one) is md.Tensor and one.as_numpy().dtype in ("float32", "complex64")


def assert_alike(text, library):
    space = md.wrap(library)
    expected, found = computed(text, md.array_api), computed(text, space)
    # PyTorch computes with integers in single precision.
    close = 1e-5 if any(map(narrow, (*found[0], *expected[0]))) else 1e-9
    for ones, others in zip(found, expected, strict=True):
        for one, other in zip(ones, others, strict=True):
            if type(one) is not md.Tensor:
                assert one == other
                continue
            assert one.__array_namespace__() is space
            numpy.testing.assert_allclose(one.as_numpy(), other.as_numpy(), rtol=close, atol=close)


@pytest.mark.parametrize("text", [text for text in TEXTS if not strict_refuses(text)])
def test_strict(text):
    assert_alike(text, pytest.importorskip("array_api_strict"))


@pytest.mark.parametrize("text", TEXTS)
def test_torch(text):
    pytest.importorskip("torch")
    assert_alike(text, pytest.importorskip("array_api_compat.torch"))
