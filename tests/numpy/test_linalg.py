"""linalg and fft where the tables of calls do not lead: defaults, degenerate cases, errors."""

import pytest

import minidiff as md
import minidiff.numpy as np
import numpy
from minidiff.numpy.linalg import _best_splits

RNG = numpy.random.default_rng(11)


def gradient(function, data):
    x = md.Tensor(data.copy(), allow_grad=True)
    np.sum(function(x)).backward()
    return x.grad.as_numpy()


def test_real_eigenvalues_of_a_real_matrix_are_real():
    symmetric, turning = (
        numpy.array([[2.0, 1.0], [1.0, 3.0]]),
        numpy.array([[0.0, -1.0], [1.0, 0.0]]),
    )
    assert np.linalg.eig(symmetric).eigenvectors.dtype == "float64"
    assert np.linalg.eigvals(turning).dtype == "complex128"
    # In a stack, one with complex eigenvalues is enough.
    assert np.linalg.eigvals([symmetric.tolist(), turning.tolist()]).dtype == "complex128"
    # The sum of the eigenvalues is the trace.
    numpy.testing.assert_allclose(gradient(np.linalg.eigvals, symmetric), numpy.eye(2), atol=1e-14)


def test_the_triangle_that_is_not_read_gets_nothing():
    a = RNG.standard_normal((3, 3))
    for UPLO, strict_triangle in (("L", numpy.triu), ("U", numpy.tril)):
        changed = a + strict_triangle(RNG.standard_normal((3, 3)), 1 if UPLO == "L" else -1)
        one, other = np.linalg.eigvalsh(a, UPLO), np.linalg.eigvalsh(changed, UPLO)
        numpy.testing.assert_allclose(one.as_numpy(), other.as_numpy())
        numpy.testing.assert_allclose(one.as_numpy(), numpy.linalg.eigvalsh(a, UPLO))


@pytest.mark.parametrize("complex_part", [0.0, 1j], ids=["real", "complex"])
@pytest.mark.parametrize(
    "function",
    [
        lambda np, a: np.linalg.svd(a, compute_uv=False, hermitian=True),
        lambda np, a: np.linalg.pinv(a, hermitian=True),
        lambda np, a: np.linalg.matrix_rank(a, hermitian=True),
    ],
)
def test_hermitian_reads_the_lower_triangle(function, complex_part):
    a = RNG.standard_normal((3, 3)) + complex_part * RNG.standard_normal((3, 3))
    found = function(np, a).as_numpy()
    numpy.testing.assert_allclose(found, function(numpy, a), atol=1e-12)


def test_the_default_of_pinv_is_numpys():
    a = numpy.diag([1.0, 5e-16, 3e-15])
    numpy.testing.assert_allclose(np.linalg.pinv(a).as_numpy(), numpy.linalg.pinv(a))


@pytest.mark.parametrize("p", [None, 2, -2, 1, "fro", numpy.inf])
def test_the_condition_of_a_singular_matrix(p):
    a = numpy.array([[1.0, 0.0], [0.0, 0.0]])
    found = np.linalg.cond(a, p)
    assert float(found) == (0.0 if p == -2 else numpy.inf) == numpy.linalg.cond(a, p)
    both = np.linalg.cond(numpy.stack([a, numpy.eye(2)]), p).as_numpy()
    numpy.testing.assert_allclose(both, numpy.linalg.cond(numpy.stack([a, numpy.eye(2)]), p))


def test_lstsq_is_differentiated_as_the_normal_equations():
    a, b = RNG.standard_normal((5, 3)), RNG.standard_normal(5)
    # For x = (aᵀa)⁻¹ aᵀb and the loss Σ x: with q = (aᵀa)⁻¹ 1, db = a q and
    # da = (b - a x) qᵀ - a q xᵀ.
    x = numpy.linalg.lstsq(a, b)[0]
    q = numpy.linalg.solve(a.T @ a, numpy.ones(3))
    by_b = gradient(lambda b: np.linalg.lstsq(a, b).x, b)
    by_a = gradient(lambda a: np.linalg.lstsq(a, b).x, a)
    numpy.testing.assert_allclose(by_b, a @ q)
    numpy.testing.assert_allclose(by_a, numpy.outer(b - a @ x, q) - numpy.outer(a @ q, x))


@pytest.mark.parametrize("rcond", [None, -1, 0.3])
@pytest.mark.parametrize("b", [numpy.ones(3), numpy.eye(3)[:, :2]], ids=["vector", "matrix"])
def test_all_that_lstsq_returns(rcond, b):
    for a in (numpy.diag([3.0, 2.0, 0.5]), numpy.ones((3, 2)), RNG.standard_normal((3, 2))):
        found, expected = np.linalg.lstsq(a, b, rcond), numpy.linalg.lstsq(a, b, rcond)
        assert found.rank == expected[2]
        for one, other in zip((*found[:2], found[3]), (*expected[:2], expected[3]), strict=True):
            assert one.shape == other.shape
            numpy.testing.assert_allclose(one.as_numpy(), other, atol=1e-12)


def test_multi_dot_takes_the_cheapest_order():
    # The example of Cormen et al., section 15.2: ((A1 (A2 A3)) ((A4 A5) A6)).
    splits = _best_splits([30, 35, 15, 5, 10, 20, 25])
    assert [splits[0, 5], splits[0, 2], splits[3, 5]] == [2, 0, 4]


def test_norm_needs_one_axis_or_two():
    with pytest.raises(ValueError, match="one axis and a matrix two"):
        np.linalg.norm(numpy.ones((2, 2, 2)), axis=(0, 1, 2))
    with pytest.raises(TypeError, match="an integer or a tuple"):
        np.linalg.norm(numpy.ones((2, 2)), axis=[0])


def test_the_error_class_is_numpys():
    with pytest.raises(np.linalg.LinAlgError):
        np.linalg.inv(numpy.zeros((2, 2)))
    assert np.linalg.LinAlgError is numpy.linalg.LinAlgError


@pytest.mark.parametrize(
    ("given", "half", "full"),
    [
        ("float16", "complex64", "complex64"),
        ("float32", "complex64", "complex64"),
        ("longdouble", "clongdouble", "clongdouble"),
        ("int8", "complex128", "complex128"),
    ],
)
def test_transforms_keep_the_precision(given, half, full):
    x = numpy.arange(4).astype(given)
    assert np.fft.rfft(x).dtype == half == numpy.fft.rfft(x).dtype
    assert np.fft.fft(x).dtype == full == numpy.fft.fft(x).dtype


def test_a_transform_of_a_real_signal_has_a_real_gradient():
    x = RNG.standard_normal(6)
    found = gradient(lambda x: np.abs(np.fft.fft(x)) ** 2, x)
    assert found.dtype == "float64"
    numpy.testing.assert_allclose(found, 2 * 6 * x)  # Parseval: the sum of squares times n
