"""Every row of cases.py against numbers that are independent of the formulas.

The value against the bare library; reverse mode, forward mode and second order against central
differences, on NumPy and on the strict library, for real and for complex inputs.
"""

import array_api_compat.numpy
import array_api_strict
import numpy as np
import pytest

import minidiff as md
import minidiff.array_api
from cases import CASES, normal
from reference import directional_derivative, inner, parts

BARE = array_api_compat.numpy  # NumPy, with the standard's names and keywords
LIBRARIES = {
    "numpy": (minidiff.array_api, BARE),
    "strict": (md.wrap(array_api_strict), array_api_strict),
}


@pytest.fixture(scope="module", autouse=True)
def newest_standard():
    array_api_strict.set_array_api_strict_flags(api_version="2025.12")
    yield
    array_api_strict.reset_array_api_strict_flags()


def over(*libraries, of=CASES, reals=(False, True), differentiable=True):
    """Parametrise a test: each case, on each library, with real and with complex inputs."""
    runs = [
        pytest.param(library, case, complex, id=f"{case.id}{'-complex' * complex}-{library}")
        for case in of
        for library in libraries
        for complex in reals
        if (case.complex or not complex)
        and (case.strict or library != "strict")
        and (case.differentiable or not differentiable)
    ]
    return pytest.mark.parametrize(("library", "case", "complex"), runs)


def is_floating(array):
    return np.dtype(array.dtype).kind in "fc"


def to_numpy(array):
    return array.as_numpy() if type(array) is md.Tensor else np.asarray(array)


def tensors(xp, arrays, allow_grad=True):
    """Tensors of arrays; those of floating dtype are leaves that allow gradients."""
    out = [xp.asarray(array.copy()) for array in arrays]
    for tensor, array in zip(out, arrays, strict=True):
        if allow_grad and is_floating(array):
            tensor.allow_grad = True
    return out


def floating_parts(out):
    """Those of a function's results that can have a derivative."""
    return [part for part in parts(out) if is_floating(to_numpy(part))]


def bare(case):
    """The case on NumPy arrays, its floating results alone."""
    return lambda *arrays: floating_parts(case.call(BARE, *arrays))


def cotangents(case, arrays, salt="cotangent"):
    outs, rng = bare(case)(*arrays), case.rng(salt)
    return [normal(rng, np.shape(out), np.asarray(out).dtype) for out in outs]


def pull(outs, us, **options):
    """Walk back from each result with its cotangent, summing up."""
    assert len(outs) == len(us)
    for out, u in zip(outs, us, strict=True):
        out.backward(u, reset_grads=False, **options)


def gradients(case, xp, arrays, us):
    """What first-order reverse mode gives for each array, on bare arrays; None where nothing."""
    leaves = tensors(xp, arrays)
    pull(floating_parts(case.call(xp, *leaves)), tensors(xp, us, allow_grad=False))
    return [None if leaf.grad is None else leaf.grad.as_numpy() for leaf in leaves]


def about(number, rel=1e-7):
    return pytest.approx(number, rel=rel, abs=rel)


# ---- values


@over("numpy", "strict", differentiable=False)
def test_value_is_the_librarys(library, case, complex):
    xp, lib = LIBRARIES[library]
    arrays = case.arrays(complex=complex)
    with np.errstate(all="ignore"):
        expected = parts(case.call(lib, *[lib.asarray(array) for array in arrays]))
        found = parts(case.call(xp, *tensors(xp, arrays)))
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == other.dtype
        assert one.shape == other.shape
        np.testing.assert_array_equal(to_numpy(one), np.asarray(other))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_tracked_where_there_is_a_derivative(case):
    xp = minidiff.array_api
    for part in parts(case.call(xp, *tensors(xp, case.arrays()))):
        tracked = case.differentiable and is_floating(part)
        assert part.allow_grad == tracked
        assert (part.op_node is not None) <= tracked


# ---- first order


@over("numpy", "strict")
def test_reverse(library, case, complex):
    xp, _ = LIBRARIES[library]
    arrays = case.arrays(complex=complex)
    vs, us = case.directions(arrays), cotangents(case, arrays)
    found = gradients(case, xp, arrays, us)
    for array, gradient in zip(arrays, found, strict=True):
        if is_floating(array):
            assert gradient.shape == array.shape
            assert gradient.dtype == array.dtype
        else:
            assert gradient is None
    expected = inner(us, directional_derivative(bare(case), arrays, vs))
    assert inner(found, vs) == about(expected)


def tangents(case, xp, arrays, vs):
    """What forward mode gives along vs, for each floating result."""
    primals = tensors(xp, arrays, allow_grad=False)
    moving = [i for i, v in enumerate(vs) if v is not None]

    def part(index):
        def f(*duals):
            given = list(primals)
            for i, dual in zip(moving, duals, strict=True):
                given[i] = dual
            return floating_parts(case.call(xp, *given))[index]

        return f

    points, ways = [primals[i] for i in moving], [xp.asarray(vs[i]) for i in moving]
    count = len(floating_parts(case.call(xp, *primals)))
    return [md.jvp(part(index), points, ways)[1].as_numpy() for index in range(count)]


@over("numpy")
def test_forward(library, case, complex):
    xp, _ = LIBRARIES[library]
    arrays = case.arrays(complex=complex)
    vs = case.directions(arrays)
    expected = directional_derivative(bare(case), arrays, vs)
    found = tangents(case, xp, arrays, vs)
    for one, other, value in zip(found, expected, bare(case)(*arrays), strict=True):
        assert one.shape == value.shape
        assert one.dtype == value.dtype
        np.testing.assert_allclose(one, other, rtol=1e-7, atol=1e-9)


@over("numpy", "strict")
def test_forward_and_reverse_are_adjoint(library, case, complex):
    xp, _ = LIBRARIES[library]
    arrays = case.arrays(complex=complex)
    vs, us = case.directions(arrays), cotangents(case, arrays)
    forward = inner(us, tangents(case, xp, arrays, vs))
    assert inner(gradients(case, xp, arrays, us), vs) == about(forward, rel=1e-12)


# ---- second order


def second_gradients(case, xp, arrays, us, ws):
    """The gradients of s = sum over inputs of <x.grad, w>, in the arrays and in us."""
    leaves, seeds = tensors(xp, arrays), tensors(xp, us)
    pull(floating_parts(case.call(xp, *leaves)), seeds, allow_higher_order=True)
    terms = []
    for leaf, w in zip(leaves, ws, strict=True):
        if w is not None:
            product = leaf.grad * xp.asarray(w.conj())
            terms.append(xp.sum(xp.real(product) if w.dtype.kind == "c" else product))
    s = sum(terms[1:], terms[0])
    for one in (*leaves, *seeds):
        one.grad = None
    if s.allow_grad:
        s.backward()
    grads = [None if one.grad is None else one.grad.as_numpy() for one in (*leaves, *seeds)]
    return grads[: len(leaves)], grads[len(leaves) :]


@over("numpy", "strict")
def test_second_order(library, case, complex):
    xp, _ = LIBRARIES[library]
    arrays = case.arrays(complex=complex)
    us, vs, ws = cotangents(case, arrays), case.directions(arrays), case.directions(arrays, "w")
    in_arrays, in_us = second_gradients(case, xp, arrays, us, ws)

    def first_order(*moved):
        found = gradients(case, minidiff.array_api, moved, us)
        return [g for g, v in zip(found, vs, strict=True) if v is not None]

    moving = [w for w in ws if w is not None]
    expected = inner(moving, directional_derivative(first_order, arrays, vs))
    assert inner(in_arrays, vs) == about(expected, rel=1e-6)
    # In the cotangent it is linear: the gradient there is the derivative along w.
    directions = cotangents(case, arrays, "second cotangent")
    expected = inner(directions, directional_derivative(bare(case), arrays, ws))
    assert inner(in_us, directions) == about(expected, rel=1e-6)
