"""Every row of cases.py against numbers that are independent of the formulas.

The value against the bare library; reverse mode, forward mode and second order against central
differences, on NumPy and on the strict library, for real and for complex inputs.
"""

import types

import array_api_compat.numpy as compat
import array_api_strict
import pytest

import minidiff as md
import minidiff.array_api
import numpy as np
from case import normal
from cases import CASES
from reference import directional_derivative, inner, parts


def np_clip(x, min=None, max=None):
    return np.clip(x, min, max)


# NumPy, with the standard's parameters of three functions.
MENDED = {"sort": compat.sort, "argsort": compat.argsort, "clip": np_clip}
BARE = types.SimpleNamespace(**{**vars(np), **MENDED})
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
        and (library == "numpy" or not case.lax)
        and not (case.constant and differentiable)
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
        # To the last bits: x**3 may have been computed as x*x*x.
        np.testing.assert_allclose(to_numpy(one), np.asarray(other), rtol=1e-15)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_tracked_where_there_is_a_derivative(case):
    xp = minidiff.array_api
    for part in parts(case.call(xp, *tensors(xp, case.arrays()))):
        tracked = not case.constant and is_floating(part)
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


def test_gradient_through_a_cast_has_the_inputs_dtype():
    xp = minidiff.array_api
    x = md.Tensor([1.0, 2.0], allow_grad=True)
    out = xp.astype(x, xp.float32)
    assert out.dtype == np.float32
    out.backward(xp.asarray(np.array([0.1, 3.0], np.float32)))
    assert x.grad.dtype == np.float64
    np.testing.assert_array_equal(x.grad.as_numpy(), np.array([0.1, 3.0], np.float32))


def replaced(xp, arrays, vs, values):
    """Tensors of arrays, with other values for those that have a direction."""
    values = iter(values)
    plain = tensors(xp, arrays, allow_grad=False)
    return [one if v is None else next(values) for one, v in zip(plain, vs, strict=True)]


def part_of(case, xp, arrays, vs, index):
    """One floating result, as a function of the arrays that have a direction."""

    def f(*given):
        return floating_parts(case.call(xp, *replaced(xp, arrays, vs, given)))[index]

    return f


def tangents(case, xp, arrays, vs):
    """What forward mode gives along vs, for each floating result."""
    points = moving(tensors(xp, arrays, allow_grad=False), vs)
    ways = [xp.asarray(v) for v in moving(vs, vs)]
    functions = [part_of(case, xp, arrays, vs, i) for i in range(len(bare(case)(*arrays)))]
    return [md.jvp(f, points, ways)[1].as_numpy() for f in functions]


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


def higher_gradients(case, xp, arrays, us, *ways):
    """The gradients of s = sum over inputs of <x.grad, w>, in the arrays and in us.

    With further directions, again of <x.grad, w> for each of them.
    """
    leaves, seeds = tensors(xp, arrays), tensors(xp, us)
    pull(floating_parts(case.call(xp, *leaves)), seeds, allow_higher_order=True)
    for w in ways:
        s = along(xp, [leaf.grad for leaf in leaves], w)
        for one in (*leaves, *seeds):
            one.grad = None
        if not s.allow_grad:
            break
        s.backward(allow_higher_order=w is not ways[-1])
    grads = [None if one.grad is None else one.grad.as_numpy() for one in (*leaves, *seeds)]
    return grads[: len(leaves)], grads[len(leaves) :]


def along(xp, grads, directions):
    """The inner product of gradients and directions, on Tensors."""
    s = xp.zeros(())
    for grad, w in zip(grads, directions, strict=True):
        if grad is not None and w is not None:
            product = grad * xp.asarray(w.conj())
            s = s + xp.sum(xp.real(product) if w.dtype.kind == "c" else product)
    return s


def moving(values, directions):
    """Those values whose array has a direction."""
    return [value for value, v in zip(values, directions, strict=True) if v is not None]


@over("numpy", "strict")
def test_second_order(library, case, complex):
    xp, _ = LIBRARIES[library]
    arrays = case.arrays(complex=complex)
    us, vs, ws = cotangents(case, arrays), case.directions(arrays), case.directions(arrays, "w")
    in_arrays, in_us = higher_gradients(case, xp, arrays, us, ws)

    def first_order(*moved):
        return moving(gradients(case, minidiff.array_api, moved, us), vs)

    change = directional_derivative(first_order, arrays, vs)
    assert inner(in_arrays, vs) == about(inner(moving(ws, vs), change), rel=1e-6)
    # In the cotangent it is linear: the gradient there is the derivative along w.
    directions = cotangents(case, arrays, "second cotangent")
    change = directional_derivative(bare(case), arrays, ws)
    assert inner(in_us, directions) == about(inner(directions, change), rel=1e-6)


def second_derivative(case, arrays, vs, ws):
    """The change along ws of the change along vs, by differences alone."""

    def change(*moved):
        return directional_derivative(bare(case), moved, vs)

    return directional_derivative(change, arrays, ws)


@over("numpy")
def test_forward_over_forward(library, case, complex):
    xp, _ = LIBRARIES[library]
    arrays = case.arrays(complex=complex)
    vs, ws = case.directions(arrays), case.directions(arrays, "w")
    expected = second_derivative(case, arrays, vs, ws)
    for index, other in enumerate(expected):
        inside = part_of(case, xp, arrays, vs, index)

        def tangent(*duals, inside=inside):
            ways = [xp.asarray(v) for v in moving(vs, vs)]
            return md.jvp(inside, duals, ways)[1]

        points = moving(tensors(xp, arrays, allow_grad=False), vs)
        _, one = md.jvp(tangent, points, [xp.asarray(w) for w in moving(ws, ws)])
        np.testing.assert_allclose(one.as_numpy(), other, rtol=1e-6, atol=1e-7)


@over("numpy")
def test_reverse_over_forward(library, case, complex):
    xp, _ = LIBRARIES[library]
    arrays = case.arrays(complex=complex)
    vs, ws, us = case.directions(arrays), case.directions(arrays, "w"), cotangents(case, arrays)
    expected = second_derivative(case, arrays, vs, ws)
    for index, (u, other) in enumerate(zip(us, expected, strict=True)):
        leaves = moving(tensors(xp, arrays), vs)
        inside = part_of(case, xp, arrays, vs, index)
        _, tangent = md.jvp(inside, leaves, [xp.asarray(v) for v in moving(vs, vs)])
        if tangent.allow_grad:
            tangent.backward(xp.asarray(u))
        found = [None if leaf.grad is None else leaf.grad.as_numpy() for leaf in leaves]
        assert inner(found, moving(ws, ws)) == about(inner(u, other), rel=1e-6)


@over("numpy")
def test_forward_over_reverse(library, case, complex):
    """Hessian-vector products: a jvp of the gradient."""
    xp, _ = LIBRARIES[library]
    arrays = case.arrays(complex=complex)
    vs, us = case.directions(arrays), cotangents(case, arrays)

    def first_order(*moved):
        return moving(gradients(case, xp, moved, us), vs)

    expected = directional_derivative(first_order, arrays, vs)
    for index, other in enumerate(expected):

        def gradient(*duals, index=index):
            shifts = [xp.zeros_like(dual) for dual in duals]
            for shift in shifts:
                shift.allow_grad = True
            given = replaced(xp, arrays, vs, [d + s for d, s in zip(duals, shifts, strict=True)])
            outs = floating_parts(case.call(xp, *given))
            pull(outs, tensors(xp, us, allow_grad=False), allow_higher_order=True)
            return shifts[index].grad

        points = moving(tensors(xp, arrays, allow_grad=False), vs)
        _, one = md.jvp(gradient, points, [xp.asarray(v) for v in moving(vs, vs)])
        np.testing.assert_allclose(one.as_numpy(), other, rtol=1e-6, atol=1e-8)


# ---- third order

SMOOTH = (
    *("atan(2x3)", "divide(2x3,2x3)", "exp(2x3)", "hypot(2x3,2x3)", "logaddexp(2x3,2x3)"),
    *("matmul(2x3,3x4)", "multiply(2x3,2x3)", "pow(2x3,2x3)", "prod(2x3,axis=1)", "sin(2x3)"),
    *("std(3x4,correction=1.0)", "tanh(2x3)", "cumulative_prod(5)", "x**3_for_2x3"),
)


@over("numpy", "strict", of=[case for case in CASES if case.id in SMOOTH])
def test_third_order(library, case, complex):
    xp, _ = LIBRARIES[library]
    arrays = case.arrays(complex=complex)
    us, vs = cotangents(case, arrays), case.directions(arrays)
    ways = [case.directions(arrays, salt) for salt in ("first", "second")]
    found, _ = higher_gradients(case, xp, arrays, us, *ways)

    def second_order(*moved):
        return moving(higher_gradients(case, minidiff.array_api, moved, us, ways[0])[0], vs)

    change = directional_derivative(second_order, arrays, vs)
    assert inner(found, vs) == about(inner(moving(ways[1], vs), change), rel=1e-6)


def test_third_order_sample_is_whole():
    assert set(SMOOTH) <= {case.id for case in CASES}


THIRD = {
    "sin(x)": lambda x: -np.cos(x),
    "exp(x)": np.exp,
    "log(x)": lambda x: 2 / x**3,
    "sqrt(x)": lambda x: 3 / 8 * x**-2.5,
    "x**3": lambda x: 6 + 0 * x,
    "1 / x": lambda x: -6 / x**4,
    "x * x * x * x": lambda x: 24 * x,
    "tanh(x)": lambda x: -2 * (1 - np.tanh(x) ** 2) * (1 - 3 * np.tanh(x) ** 2),
    "atan(x)": lambda x: (6 * x**2 - 2) / (1 + x**2) ** 3,
    "2.0**x": lambda x: np.log(2) ** 3 * 2**x,
}


@pytest.mark.parametrize("text", THIRD)
def test_third_derivative_in_closed_form(text):
    xp = minidiff.array_api
    x = md.Tensor([0.4, 0.9, 1.7], allow_grad=True)
    y = eval(text, {**vars(xp), "x": x})
    for _ in range(3):
        y.backward(allow_higher_order=True)
        y = x.grad
    np.testing.assert_allclose(y.as_numpy(), THIRD[text](x.as_numpy()), rtol=1e-12)
