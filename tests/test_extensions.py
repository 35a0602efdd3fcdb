"""`linalg` and `fft`, as the standard lists them: names, signatures, words, results, cases."""

import inspect
import re
import subprocess
import sys

import array_api_strict
import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np
from cases import CASES
from minidiff.array_api._decompositions import inverse_of_lower
from reference import directional_derivative

# https://data-apis.org/array-api/2025.12/extensions
EXTENSIONS = {
    "linalg": """
        cholesky(x, /, *, upper=False)
        cross(x1, x2, /, *, axis=-1)
        det(x, /)
        diagonal(x, /, *, offset=0)
        eig(x, /)
        eigh(x, /)
        eigvals(x, /)
        eigvalsh(x, /)
        inv(x, /)
        matmul(x1, x2, /)
        matrix_norm(x, /, *, keepdims=False, ord='fro')
        matrix_power(x, n, /)
        matrix_rank(x, /, *, rtol=None)
        matrix_transpose(x, /)
        outer(x1, x2, /)
        pinv(x, /, *, rtol=None)
        qr(x, /, *, mode='reduced')
        slogdet(x, /)
        solve(x1, x2, /)
        svd(x, /, *, full_matrices=True)
        svdvals(x, /)
        tensordot(x1, x2, /, *, axes=2)
        trace(x, /, *, offset=0, dtype=None)
        vecdot(x1, x2, /, *, axis=-1)
        vector_norm(x, /, *, axis=None, keepdims=False, ord=2)
    """,
    "fft": """
        fft(x, /, *, n=None, axis=-1, norm='backward')
        ifft(x, /, *, n=None, axis=-1, norm='backward')
        fftn(x, /, *, s=None, axes=None, norm='backward')
        ifftn(x, /, *, s=None, axes=None, norm='backward')
        rfft(x, /, *, n=None, axis=-1, norm='backward')
        irfft(x, /, *, n=None, axis=-1, norm='backward')
        rfftn(x, /, *, s=None, axes=None, norm='backward')
        irfftn(x, /, *, s=None, axes=None, norm='backward')
        hfft(x, /, *, n=None, axis=-1, norm='backward')
        ihfft(x, /, *, n=None, axis=-1, norm='backward')
        fftfreq(n, /, *, d=1.0, dtype=None, device=None)
        rfftfreq(n, /, *, d=1.0, dtype=None, device=None)
        fftshift(x, /, *, axes=None)
        ifftshift(x, /, *, axes=None)
    """,
}
FUNCTIONS = [
    (extension, name, signature)
    for extension, text in EXTENSIONS.items()
    for name, signature in re.findall(r"(\w+)(\(.*\))", text)
]
NO_ARRAY = {"fftfreq", "rfftfreq"}

strict = md.wrap(array_api_strict)


def test_the_lists_are_complete():
    for extension in EXTENSIONS:
        names = [name for one, name, _ in FUNCTIONS if one == extension]
        assert sorted(names) == sorted(getattr(xp, extension).__all__)
    assert len(FUNCTIONS) == 25 + 14


@pytest.mark.parametrize("namespace", ["minidiff.array_api", "md.wrap(strict)"])
def test_they_are_there_before_they_are_asked_for(namespace):
    """In a new interpreter: listed by dir, loaded by the first use, and the same ever after."""
    program = f"""
import sys, array_api_strict as strict, minidiff as md, minidiff.array_api
xp = {namespace}
assert {{"fft", "linalg"}} <= set(dir(xp))
assert "minidiff.array_api.linalg" not in sys.modules
assert xp.linalg is xp.linalg
assert float(xp.linalg.trace(xp.eye(3))) == 3.0
assert float(xp.real(xp.fft.rfft(xp.ones(4))[0])) == 4.0
assert not hasattr(xp, "image")
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize(("extension", "name", "signature"), FUNCTIONS)
def test_functions_are_the_standards(extension, name, signature):
    function = getattr(getattr(xp, extension), name)
    parameters = inspect.signature(function).parameters.values()
    bare = [p.replace(annotation=p.empty) for p in parameters]
    assert str(inspect.Signature(bare)) == signature
    assert function.__name__ == function.rule.name == name
    assert "\n" not in function.__doc__
    assert callable(getattr(getattr(strict, extension), name))


@pytest.mark.parametrize(("extension", "name"), [one[:2] for one in FUNCTIONS])
def test_every_function_has_a_case(extension, name):
    assert (f"{extension}.{name}" in {case.name for case in CASES}) == (name not in NO_ARRAY)


@pytest.mark.parametrize("name", ["matmul", "matrix_transpose", "tensordot", "vecdot"])
def test_products_are_those_of_the_main_namespace(name):
    assert getattr(xp.linalg, name) is getattr(xp, name)


@pytest.mark.parametrize(
    ("call", "fields"),
    [
        ("eigh", "eigenvalues eigenvectors"),
        ("eig", "eigenvalues eigenvectors"),
        ("qr", "Q R"),
        ("slogdet", "sign logabsdet"),
        ("svd", "U S Vh"),
    ],
)
def test_several_results_are_named(call, fields):
    found = getattr(xp.linalg, call)(xp.asarray([[2.0, 1.0], [1.0, 3.0]]))
    assert found._fields == tuple(fields.split())
    for index, field in enumerate(found._fields):
        assert found[index] is getattr(found, field)
        assert type(found[index]) is md.Tensor


@pytest.mark.parametrize("n", [1, 2, 5, 6])
@pytest.mark.parametrize("name", sorted(NO_ARRAY))
def test_frequencies(name, n):
    expected = getattr(np.fft, name)(n, d=0.25)
    np.testing.assert_allclose(getattr(xp.fft, name)(n, d=0.25).as_numpy(), expected, rtol=1e-15)
    narrow = getattr(xp.fft, name)(n, dtype=xp.float32, device="cpu")
    assert narrow.dtype == xp.float32
    there = getattr(strict.fft, name)(n, d=0.25)
    assert there.__array_namespace__() is strict
    np.testing.assert_allclose(there.as_numpy(), expected, rtol=1e-15)


@pytest.mark.parametrize("name", ["eig", "eigvals"])
def test_eigenvalues_are_complex_even_where_they_are_real(name):
    found = getattr(xp.linalg, name)(xp.asarray([[2.0, 1.0], [0.0, 3.0]]))
    values = found if name == "eigvals" else found.eigenvalues
    assert values.dtype == xp.complex128
    np.testing.assert_allclose(np.sort(values.as_numpy().real), [2.0, 3.0])


def test_a_diagonal_cannot_be_written():
    x = xp.ones((2, 2))
    part = xp.linalg.diagonal(x)
    x[0, 0] = 5.0
    assert part.as_numpy().tolist() == [5.0, 1.0]
    with pytest.raises(ValueError, match="read-only"):
        part[0] = 2.0


@pytest.mark.parametrize("shape", [(65, 65), (2, 131, 131)])
def test_the_inverse_of_a_large_triangle(shape):
    rng = np.random.default_rng(shape[-1])
    lower = np.tril(rng.uniform(-1, 1, shape)) / shape[-1] + np.eye(shape[-1])
    found = inverse_of_lower(np, lower)
    np.testing.assert_allclose(found @ lower, np.broadcast_to(np.eye(shape[-1]), shape), atol=1e-13)


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("shape", [(70, 70), (2, 131, 131)])
@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
def test_cholesky_of_a_large_matrix(shape, dtype, upper):
    # Larger than the blocks that the rule inverts whole; first and second order along directions.
    rng = np.random.default_rng(7)
    a, v, w = rng.uniform(-1, 1, (3, *shape)).astype(dtype)
    if dtype is np.complex128:
        a, v, w = np.asarray([a, v, w]) + 1j * rng.uniform(-1, 1, (3, *shape))
    adjoint = lambda x: x.conj().swapaxes(-1, -2)  # noqa: E731
    a, v = a @ adjoint(a) / shape[-1] + np.eye(shape[-1]), v + adjoint(v)

    def second(t):
        x = md.Tensor(a + t * v, allow_grad=True)
        factor = xp.linalg.cholesky(x, upper=upper)
        xp.sum(xp.real(factor * md.Tensor(w))).backward(allow_higher_order=True)
        slope = xp.sum(xp.real(xp.conj(x.grad) * md.Tensor(v)))
        slope.backward()
        return float(slope), x.grad.as_numpy()

    slope, hessian_times_v = second(0.0)
    value = lambda t: np.sum((np.linalg.cholesky(a + t * v, upper=upper) * w).real)  # noqa: E731
    (expected,) = directional_derivative(value, [np.asarray(0.0)], [np.asarray(1.0)], step=1e-4)
    np.testing.assert_allclose(slope, expected, rtol=1e-8)
    (expected,) = directional_derivative(
        lambda t: second(float(t))[0], [np.asarray(0.0)], [np.asarray(1.0)], step=1e-4
    )
    found = np.sum((hessian_times_v.conj() * v).real)
    np.testing.assert_allclose(found, expected, rtol=1e-8)
