"""gradcheck and its kin: they pass what is right, and name what is wrong."""

import array_api_strict
import pytest

import minidiff as md
import minidiff.array_api as numpy_namespace
import numpy as np
from cases import CASES
from minidiff.testing import (
    GradcheckError,
    calculate_finite_differences,
    compute_grads,
    gradcheck,
    gradgradcheck,
)


@pytest.fixture(params=["numpy", "strict"])
def xp(request):
    array_api_strict.set_array_api_strict_flags(api_version="2025.12")
    yield md.wrap(array_api_strict) if request.param == "strict" else numpy_namespace
    array_api_strict.reset_array_api_strict_flags()


@md.differentiable(x=lambda g, x: g * 2 * x * 0.9, jvp=lambda dx, x: dx * 2 * x)
def wrong_backward(xp, x, /):
    """x² with a reverse mode that is a tenth too small."""
    return x * x


@md.differentiable(x=lambda g, x: g * 2 * x, jvp=lambda dx, x: dx * 3 * x)
def wrong_forward(xp, x, /):
    """x² with a forward mode that is half too large."""
    return x * x


def second_order_lost(g, x):
    return g * 2 * (x.detach() if type(x) is md.Tensor else x)


@md.elementwise(x=second_order_lost)
def wrong_second(xp, x, /):
    """x² whose derivative is taken for a constant."""
    return x * x


SAMPLES = {
    "real": lambda xp: (lambda x, y: xp.sin(x) * y, [[0.1, 0.7], 3.0]),
    "complex": lambda xp: (lambda z: xp.exp(z) * xp.abs(z), [[1.0 + 1.0j, 0.5 - 2.0j]]),
    "complex to real": lambda xp: (lambda z: xp.real(z) * xp.imag(z), [[1.0 + 1.0j]]),
    "real to complex": lambda xp: (lambda x: xp.exp(x * 1j), [[1.0, -0.3]]),
    "several results": lambda xp: (lambda x: {"s": xp.sum(x * x), "p": [xp.exp(x)]}, [[0.3, 0.4]]),
    "matrices": lambda xp: (lambda x, y: xp.matmul(x, y), [[[1.0, 2.0]], [[3.0], [4.0]]]),
    "no elements": lambda xp: (lambda x: xp.sum(x, axis=1), [np.zeros((2, 0)).tolist()]),
}


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("name", SAMPLES)
def test_right_derivatives_pass(xp, name, fast):
    f, data = SAMPLES[name](xp)
    inputs = [xp.asarray(one) for one in data]
    assert gradcheck(f, inputs, fast=fast)
    assert gradgradcheck(f, inputs, fast=fast)


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize(
    ("function", "mode"), [(wrong_backward, "reverse"), (wrong_forward, "forward")]
)
def test_a_wrong_mode_is_found_and_the_other_one_passes(function, mode, fast):
    x = md.asarray([1.0, 2.0, 3.0])
    other = "forward" if mode == "reverse" else "reverse"
    with pytest.raises(GradcheckError, match=f"by {mode} mode"):
        gradcheck(lambda x: function(x), x, fast=fast)
    assert not gradcheck(lambda x: function(x), x, fast=fast, raise_exception=False)
    assert gradcheck(lambda x: function(x), x, fast=fast, modes=[other])


def test_a_wrong_second_order_is_found_by_gradgradcheck_alone():
    x = md.asarray([1.0, 2.0])
    assert gradcheck(lambda x: wrong_second(x), x)
    for fast in (False, True):
        with pytest.raises(GradcheckError):
            gradgradcheck(lambda x: wrong_second(x), x, fast=fast)


def test_the_report_names_argument_element_numbers_and_step():
    inputs = [md.asarray(2.0), md.asarray([[1.0, 3.0]])]
    with pytest.raises(GradcheckError) as error:
        gradcheck(lambda scale, x: scale * wrong_backward(x), inputs)
    first = str(error.value).splitlines()[1].strip()
    assert first.startswith("d result 0[0, 1] / d x[0, 1]: 10.8 by reverse mode, 12 by finite")
    assert (
        first.endswith(f"differences of step {2 ** -(52**0.2) * 3:.3g}") or "step 0.00222" in first
    )


def test_integers_and_other_arguments_are_passed_on():
    def f(x, n, places, flag):
        assert (n, flag) == (3, True)
        return x[places] ** n, places

    assert gradcheck(f, [md.asarray([1.0, 2.0, 3.0]), 3, md.asarray([0, 2]), True])


def test_excluded_inputs_are_not_checked():
    inputs = [md.asarray([1.0, 2.0]), md.asarray([3.0, 4.0])]

    def f(x, y):
        return x * wrong_backward(y)

    assert gradcheck(f, inputs, exclude=[1])
    with pytest.raises(GradcheckError, match="/ d y"):
        gradcheck(f, inputs)


def test_float32_has_its_own_step_and_tolerance(xp):
    x = xp.asarray([0.5, 1.5], dtype=xp.float32)
    assert gradcheck(xp.exp, x)
    assert gradgradcheck(xp.exp, x)
    with pytest.raises(GradcheckError):
        gradcheck(lambda x: xp.exp(x), x, rtol=1e-9, atol=1e-9)


def test_inputs_and_their_gradients_are_left_alone():
    x = md.Tensor([1.0, 2.0], allow_grad=True)
    assert gradcheck(lambda x: x * x, x)
    assert compute_grads(x, func=lambda x: x * x)[1][0].as_numpy().tolist() == [2.0, 4.0]
    assert x.grad is None
    assert x.as_numpy().tolist() == [1.0, 2.0]


def test_nothing_to_check():
    with pytest.raises(ValueError, match="nothing to check"):
        gradcheck(lambda x: x, md.asarray([1, 2]))
    with pytest.raises(ValueError, match="'reverse' or 'forward'"):
        gradcheck(lambda x: x, md.asarray([1.0]), modes=["backward"])


def test_finite_differences_and_gradients_side_by_side(xp):
    x, z = xp.asarray([1.0, 2.0]), xp.asarray([1.0j, 2.0 + 1.0j])
    differences, automatic = compute_grads(x, z, 3, func=lambda x, z, n: x * z**n)
    assert differences[2] is automatic[2] is None
    for one, other in zip(differences[:2], automatic[:2], strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_allclose(one.as_numpy(), other.as_numpy(), rtol=1e-9)
    # Of Re(x z³), over the reals: conj(3 x z²).
    np.testing.assert_allclose(differences[1].as_numpy(), [-3, np.conj(6 * (2 + 1j) ** 2)], 1e-9)
    assert calculate_finite_differences(x, z, func=xp.multiply, exclude={0})[0] is None


# Third derivatives of matrix functions and transforms: differences of the second ones.
THIRD_ORDER = (
    *("linalg.inv(2x2x2)", "linalg.det(3x3)", "linalg.solve(3x3,3)", "fft.rfft(5)"),
    *("xp.linalg.cholesky(positive_definite(xp,x))_for_2x2x2", "linalg.matrix_norm(3x3,ord=fro)"),
    *("xp.linalg.slogdet(x).logabsdet_for_3x3", "linalg.svdvals(3x2)", "linalg.pinv(3x2)"),
    *("xp.linalg.qr(x)[1]_for_3x3", "xp.linalg.matrix_power(x,5)_for_2x3x3"),
    "both(xp,*xp.linalg.eigh(hermitian(xp,x)))_for_3x3",
)


@pytest.mark.parametrize(
    ("case", "complex"),
    [
        pytest.param(case, complex, id=f"{case.id}{'-complex' if complex else ''}")
        for case in CASES
        if case.id in THIRD_ORDER
        for complex in ([False, True] if case.complex else [False])
    ],
)
def test_third_order(case, complex):
    def loss(*xs):
        out = case.call(numpy_namespace, *xs)
        return md.sum(md.real(out) ** 2) + (md.sum(md.imag(out) ** 3) if complex else 0.0)

    inputs = [md.asarray(array) for array in case.arrays(complex=complex)]
    gradient = md.grad(loss, tuple(range(len(inputs))))
    assert gradgradcheck(gradient, inputs, fast=True, rtol=1e-6, atol=1e-6)


def test_the_sample_of_third_order_is_whole():
    assert set(THIRD_ORDER) <= {case.id for case in CASES}


def test_gradients_of_nothing():
    x = md.asarray([1.0, 2.0])
    assert compute_grads(x, 3, func=lambda x, n: x**n, exclude=[0]) == ([None, None], [None, None])
    for check in (compute_grads, calculate_finite_differences):
        with pytest.raises(ValueError, match="no input is a Tensor of a floating dtype, and list"):
            check([1.0, 2.0], func=md.sin)
