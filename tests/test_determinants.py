"""Derivatives of determinants, to all orders, where matrices are singular or nearly so."""

import itertools

import array_api_strict
import pytest

import minidiff as md
import minidiff.array_api
import numpy as np


@pytest.fixture(params=["numpy", "strict"])
def xp(request):
    array_api_strict.set_array_api_strict_flags(api_version="2025.12")
    yield md.wrap(array_api_strict) if request.param == "strict" else minidiff.array_api
    array_api_strict.reset_array_api_strict_flags()


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)


# det(a) = ε ε a a a / 6, so its third derivatives are ε ε, and the second ones those times a.
LEVI_CIVITA = np.zeros((3, 3, 3))
for order in itertools.permutations(range(3)):
    LEVI_CIVITA[order] = np.linalg.det(np.eye(3)[list(order)])
THIRD = np.einsum("ikm,jln->ijklmn", LEVI_CIVITA, LEVI_CIVITA)

TALL, WIDE = np.array([[1.0, 2], [0.3, -1], [2, 0.1]]), np.array([[1.0, 0.2, 3], [0.7, 2, 1]])
MATRICES = {
    "rank 2": np.diag([1.0, 2.0, 0.0]),
    "rank 1": np.diag([1.0, 0.0, 0.0]),
    "zeros": np.zeros((3, 3)),
    "ones": np.ones((3, 3)),
    "rank 2, turned": TALL @ WIDE,
    "rank 1, turned": np.outer([0.1, 0.7, -0.3], [0.3, 1.1, 0.2]),
    "nearly of rank 2": np.diag([1.0, 2.0, 1e-14]),
    "nearly of rank 1": np.diag([3.0, 1e-9, 2e-9]),
    "of full rank": np.array([[1.0, 2.0, 0.5], [0.2, 3.0, 1.0], [2.0, 0.1, 1.0]]),
}


@pytest.mark.parametrize("name", MATRICES)
def test_further_derivatives_of_det(xp, name):
    at, det = xp.asarray(MATRICES[name]), xp.linalg.det
    expected = np.einsum("ijklmn,mn->ijkl", THIRD, MATRICES[name])
    close(md.hessian(det)(at).as_numpy(), expected)
    close(md.jacobian(md.grad(det), mode="forward")(at).as_numpy(), expected)
    close(md.jacobian(md.hessian(det))(at).as_numpy(), THIRD)


def test_further_derivatives_of_det_of_a_batch(xp):
    batch = np.stack(list(MATRICES.values()))
    expected = np.einsum("ijklmn,bmn->bijkl", THIRD, batch)
    close(md.vmap(md.hessian(xp.linalg.det))(xp.asarray(batch)).as_numpy(), expected)
    found = md.hessian(lambda x: xp.sum(xp.linalg.det(x)))(xp.asarray(batch)).as_numpy()
    close(np.einsum("bijbkl->bijkl", found), expected)


def test_second_derivative_of_a_complex_det(xp):
    rank1 = np.outer([0.1 + 1j, 0.7, -0.3j], [0.3, 1.1 - 0.4j, 0.2j])
    along = np.array([[1.0, 2j, 0.5], [0.2, 3.0, 1j], [2.0, 0.1, 1 - 1j]])

    def slope(x):
        return md.jvp(xp.linalg.det, [x], [xp.asarray(along)])[1]

    found = complex(md.jvp(slope, [xp.asarray(rank1)], [xp.asarray(along)])[1])
    close(found, np.einsum("ijklmn,mn,ij,kl", THIRD, rank1, along, along))


@pytest.mark.parametrize("lost", [1, 2, 5])
def test_det_of_a_large_matrix_that_is_singular(xp, lost):
    """det(x + t e) = c tᵏ + ..., with c from the singular vectors that x lacks."""
    rng = np.random.default_rng(lost)
    u, v = np.linalg.qr(rng.normal(size=(2, 20, 20)))[0]
    s, along = np.linspace(0.5, 2.0, 20), rng.normal(size=(20, 20))
    s[-lost:] = 0.0
    inner = (u.mT @ along @ v)[-lost:, -lost:]
    c = np.linalg.det(u) * np.linalg.det(v) * np.prod(s[:-lost]) * np.linalg.det(inner)
    f, at = xp.linalg.det, xp.asarray((u * s) @ v.mT)
    if lost == 1:
        found = np.sum(md.grad(f)(at).as_numpy() * along)
    else:
        found = np.sum(md.hvp(f, [at], [xp.asarray(along)]).as_numpy() * along) / 2
    np.testing.assert_allclose(found, c if lost < 3 else 0.0, rtol=1e-10, atol=1e-10)
