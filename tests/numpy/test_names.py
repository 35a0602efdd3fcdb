"""Every name of the NumPy drop-in: there, right in value against NumPy, right in its derivatives.

The calls are the tables in calls_*.py: by name, expressions in `np` and in the arrays of ARRAYS.
Each is evaluated with NumPy and with minidiff.numpy.
"""

import types

import pytest
from calls import ARRAYS, CALLS, NAMES, TESTED_ELSEWHERE, words

import minidiff as md
import minidiff.numpy
import numpy
from reference import directional_derivative, inner

TEXTS = sorted({(name, text) for name, texts in CALLS.items() for text in texts})


def evaluated(text, np, arrays):
    return eval(text, {"np": np, **arrays})


def used(text):
    """The arrays that an expression names."""
    names = compile(text, "call", "eval").co_names
    return {name: ARRAYS[name] for name in names if name in ARRAYS}


def results(out):
    return list(out) if isinstance(out, tuple | list) else [out]


def as_leaves(arrays):
    """The arrays as Tensors; the floating ones ask for gradients."""
    return {
        name: md.Tensor(array.copy(), allow_grad=array.dtype.kind in "fc")
        for name, array in arrays.items()
    }


def weights(array, salt):
    rng = numpy.random.default_rng(salt)
    out = rng.standard_normal(array.shape)
    return (out + 1j * rng.standard_normal(array.shape)) if array.dtype.kind == "c" else out


def floating(values):
    return [value for value in values if numpy.asarray(value).dtype.kind in "fc"]


def loss(outs):
    """A real number that depends on every element of the results."""
    total = 0.0
    for index, out in enumerate(outs):
        w = weights(out, index)
        product = out * w.conj()
        total = total + md.array_api.sum(
            md.array_api.real(product) if w.dtype.kind == "c" else product
        )
    return total


@pytest.mark.parametrize("name", sorted({*NAMES, *CALLS}))
def test_there(name):
    found = minidiff.numpy
    for part in name.split("."):
        found = getattr(found, part)
    if isinstance(found, types.FunctionType):
        assert name in CALLS or name in TESTED_ELSEWHERE


def test_every_function_is_called_or_tested_elsewhere():
    functions = {
        f"{place}{name}"
        for place, module in (
            *(("", minidiff.numpy), ("linalg.", minidiff.numpy.linalg)),
            ("fft.", minidiff.numpy.fft),
        )
        for name in module.__all__
        if isinstance(getattr(module, name), types.FunctionType)
        and getattr(module, name).__module__.startswith("minidiff.numpy")
    }
    same = {name for name in functions if name.startswith("linalg.") and name[7:] in CALLS}
    assert functions - set(CALLS) - TESTED_ELSEWHERE - same == set()


OWN = words("""
    True_ False_ bool_ errstate seterr geterr set_printoptions get_printoptions printoptions finfo
    iinfo dtype issubdtype isscalar iterable ndindex promote_types s_ half csingle longlong
""")


@pytest.mark.parametrize("name", OWN)
def test_what_is_no_function_of_arrays_is_numpys_own(name):
    assert getattr(minidiff.numpy, name) is getattr(numpy, name)


def test_long_double_has_the_names_that_numpy_gives_it():
    for name in ("float128", "complex256"):
        assert (name in minidiff.numpy.__all__) == hasattr(numpy, name)
        assert getattr(minidiff.numpy, name, None) is getattr(numpy, name, None)


def test_random_numbers_are_those_of_the_top_level():
    assert minidiff.numpy.random is md.random


def test_other_names_are_refused_by_name():
    with pytest.raises(AttributeError, match=r"no 'memmap' \(NumPy's own has it"):
        minidiff.numpy.memmap  # noqa: B018
    with pytest.raises(AttributeError, match=r"no 'sine' \(nor has NumPy"):
        minidiff.numpy.sine  # noqa: B018


@pytest.mark.parametrize(("name", "text"), TEXTS)
def test_value(name, text):
    arrays = used(text)
    expected = results(evaluated(text, numpy, {n: a.copy() for n, a in arrays.items()}))
    found = results(evaluated(text, minidiff.numpy, as_leaves(arrays)))
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        if isinstance(other, numpy.ndarray | numpy.generic):
            assert type(one) is md.Tensor
            assert (one.shape, one.dtype) == (other.shape, other.dtype)
            numpy.testing.assert_allclose(one.as_numpy(), other, rtol=1e-12, atol=1e-13)
        else:
            assert one == other


@pytest.mark.parametrize("convert", [numpy.array, numpy.ndarray.tolist], ids=["arrays", "lists"])
@pytest.mark.parametrize(("name", "text"), TEXTS)
def test_plain_arrays_and_lists_are_accepted(name, text, convert):
    arrays = {n: convert(a) for n, a in used(text).items()}
    try:
        expected = results(evaluated(text, numpy, arrays))
    except (AttributeError, TypeError, ValueError):  # the expression itself computes with arrays
        assert convert is not numpy.array
        return
    found = results(evaluated(text, minidiff.numpy, arrays))
    for one, other in zip(found, expected, strict=True):
        if isinstance(other, numpy.ndarray | numpy.generic):
            assert one.dtype == other.dtype
            numpy.testing.assert_allclose(one.as_numpy(), other, rtol=1e-12, atol=1e-13)


def differentiable():
    """The calls with a floating array in and a result of double precision.

    In single precision finite differences see nothing; test_dtypes.py asks for its gradients.
    """
    for name, text in TEXTS:
        arrays = used(text)
        outs = results(evaluated(text, numpy, {n: a.copy() for n, a in arrays.items()}))
        if floating(arrays.values()) and {numpy.asarray(o).dtype.char for o in floating(outs)} & {
            *"dD"
        }:
            yield name, text


@pytest.mark.parametrize(("name", "text"), list(differentiable()))
def test_first_and_second_derivative(name, text):
    arrays = used(text)
    moving = {n: a for n, a in arrays.items() if a.dtype.kind in "fc"}
    directions = {n: weights(a, 100 + i) for i, (n, a) in enumerate(moving.items())}

    def gradients(values, higher=False):
        leaves = as_leaves({**arrays, **values})
        total = loss(floating_tensors(evaluated(text, minidiff.numpy, leaves)))
        if getattr(total, "allow_grad", False):
            total.backward(allow_higher_order=higher)
        return [leaves[n] for n in moving]

    def value(*moved):
        given = {
            **{n: a.copy() for n, a in arrays.items()},
            **dict(zip(moving, moved, strict=True)),
        }
        outs = floating(results(evaluated(text, numpy, given)))
        return sum(inner(weights(numpy.asarray(o), i), o) for i, o in enumerate(outs))

    ways = list(directions.values())
    (expected,) = directional_derivative(value, list(moving.values()), ways)
    leaves = gradients(moving, higher=True)
    found = [None if leaf.grad is None else leaf.grad.as_numpy() for leaf in leaves]
    assert inner(found, ways) == pytest.approx(float(expected), rel=1e-7, abs=1e-8)

    others = [weights(w, 200 + i) for i, w in enumerate(ways)]
    along = md.array_api.asarray(0.0)
    for leaf, way in zip(leaves, others, strict=True):
        if leaf.grad is not None:
            along = along + loss_along(leaf.grad, way)
            leaf.grad = None
    change = directional_derivative(
        lambda *moved: zeros_for_none(gradients(dict(zip(moving, moved, strict=True)))),
        list(moving.values()),
        ways,
    )
    if along.allow_grad:
        along.backward()
    found = [None if leaf.grad is None else leaf.grad.as_numpy() for leaf in leaves]
    assert inner(found, ways) == pytest.approx(inner(others, change), rel=1e-6, abs=1e-7)


def floating_tensors(out):
    return [one for one in results(out) if type(one) is md.Tensor and one.dtype.kind in "fc"]


def zeros_for_none(leaves):
    return [
        numpy.zeros(leaf.shape) if leaf.grad is None else leaf.grad.as_numpy() for leaf in leaves
    ]


def loss_along(grad, way):
    product = grad * way.conj()
    return md.array_api.sum(md.array_api.real(product) if way.dtype.kind == "c" else product)
