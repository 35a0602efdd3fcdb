"""Derivatives of matrix functions at the awkward points, on NumPy and on a strict library."""

import array_api_strict
import pytest

import minidiff as md
import minidiff.array_api
import numpy as np

inf = np.inf
EYE = np.eye(2)
C = np.array([[0.3, -1.2], [2.0, 0.7]])


@pytest.fixture(params=["numpy", "strict"])
def xp(request):
    array_api_strict.set_array_api_strict_flags(api_version="2025.12")
    yield md.wrap(array_api_strict) if request.param == "strict" else minidiff.array_api
    array_api_strict.reset_array_api_strict_flags()


@pytest.fixture(params=["reverse", "forward"])
def gradient(request, xp):
    """The gradient of a real function at a real point, by one of the two modes."""

    def reverse(f, at):
        x = leaf(xp, at)
        f(x).backward()
        return x.grad.as_numpy()

    def forward(f, at):
        found = np.empty(at.shape)
        for place in np.ndindex(at.shape):
            along = np.zeros(at.shape)
            along[place] = 1.0
            found[place] = float(md.jvp(f, [xp.asarray(at)], [xp.asarray(along)])[1])
        return found

    return reverse if request.param == "reverse" else forward


def leaf(xp, at):
    x = xp.asarray(np.asarray(at), copy=True)
    x.allow_grad = True
    return x


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


# ---- norms


@pytest.mark.parametrize("ord", [1, 2, 3, 2.5, inf])
def test_vector_norm_of_zeros(xp, ord):
    x = leaf(xp, np.zeros(3))
    xp.linalg.vector_norm(x, ord=ord).backward(allow_higher_order=True)
    first = x.grad
    close(first.as_numpy(), 0.0)
    xp.sum(first * xp.asarray([1.0, 2.0, 3.0])).backward()
    close(x.grad.as_numpy(), 0.0)


def test_frobenius_norm_of_zeros(xp, gradient):
    close(gradient(xp.linalg.matrix_norm, np.zeros((2, 3))), 0.0)


def test_vector_norm_shares_among_the_largest(xp, gradient):
    at = np.array([2.0, -2.0, 1.0])
    close(gradient(lambda x: xp.linalg.vector_norm(x, ord=inf), at), [0.5, -0.5, 0.0])
    close(gradient(lambda x: xp.linalg.vector_norm(x, ord=-inf), at), [0.0, 0.0, 1.0])


def test_vector_norm_that_counts_has_no_gradient(xp):
    assert not xp.linalg.vector_norm(leaf(xp, [1.0, 0.0]), ord=0).allow_grad


def test_matrix_norms_with_repeated_singular_values(xp, gradient):
    close(gradient(lambda x: xp.linalg.matrix_norm(x, ord="nuc"), 3 * EYE), EYE)
    close(gradient(lambda x: xp.linalg.matrix_norm(x, ord=2), 3 * EYE), EYE / 2)


# ---- Hermitian factorisations


@pytest.mark.parametrize("name", ["cholesky", "eigvalsh"])
def test_the_triangle_that_is_not_read_does_not_matter(xp, gradient, name):
    def f(x):
        return xp.sum(getattr(xp.linalg, name)(x) ** 3)

    whole = gradient(f, np.array([[4.0, 1.0], [1.0, 3.0]]))
    close(whole, whole.T)
    close(gradient(f, np.array([[4.0, 99.0], [1.0, 3.0]])), whole)


def test_equal_eigenvalues_treated_alike(xp, gradient):
    close(gradient(lambda x: xp.sum(xp.sin(xp.linalg.eigvalsh(x))), 2 * EYE), np.cos(2) * EYE)
    close(gradient(lambda x: xp.sum(xp.linalg.eigh(x).eigenvalues ** 2), 2 * EYE), 4 * EYE)


def test_equal_eigenvalues_treated_differently(xp, gradient):
    found = gradient(lambda x: xp.linalg.eigvalsh(x)[0], 2 * EYE)
    _, vectors = np.linalg.eigh(2 * EYE)
    close(found, np.outer(vectors[:, 0], vectors[:, 0]))


def test_vectors_of_equal_eigenvalues(xp):
    x = leaf(xp, 2 * EYE)
    v = xp.linalg.eigh(x).eigenvectors
    xp.sum(v @ xp.matrix_transpose(v) * xp.asarray(C)).backward()
    close(x.grad.as_numpy(), 0.0)


def test_forward_mode_cannot_know_what_the_loss_will_see(xp):
    """A tangent that splits equal values: nan for the vectors, and right for the values."""
    eigh, svd = xp.linalg.eigh, xp.linalg.svd
    at, along = xp.asarray(2 * EYE), xp.asarray(C + C.T)
    _, moved = md.jvp(lambda x: xp.sum(eigh(x).eigenvalues), [at], [along])
    close(float(moved), np.trace(C + C.T))
    for f in (lambda x: eigh(x).eigenvectors, lambda x: svd(x).U):
        assert np.isnan(md.jvp(f, [at], [along])[1].as_numpy()).any()
        close(md.jvp(f, [at], [xp.asarray(EYE)])[1].as_numpy(), 0.0)


def test_vectors_of_equal_eigenvalues_one_by_one(xp):
    x = leaf(xp, 2 * EYE)
    loss = xp.sum(xp.linalg.eigh(x).eigenvectors * xp.asarray(C))
    with pytest.warns(RuntimeWarning, match="eigh: equal values"):
        loss.backward()
    assert np.isnan(x.grad.as_numpy()).any()


# ---- singular values


def test_rotation_of_a_matrix_with_equal_singular_values(xp):
    x = leaf(xp, 2 * EYE)
    u, _, vh = xp.linalg.svd(x, full_matrices=False)
    xp.sum(u @ vh * xp.asarray(C)).backward()
    # Q of A = Q H at A = 2: the antisymmetric part of dA is dQ H.
    close(x.grad.as_numpy(), (C - C.T) / 4)


def test_vectors_of_equal_singular_values(xp):
    x = leaf(xp, 2 * EYE)
    loss = xp.sum(xp.linalg.svd(x).U * xp.asarray(C))
    with pytest.warns(RuntimeWarning, match="svd: equal values"):
        loss.backward()
    assert np.isnan(x.grad.as_numpy()).any()


def test_singular_values_of_zeros_and_of_less_than_full_rank(xp, gradient):
    at = np.array([[3.0, 0.0], [0.0, 0.0]])
    found = gradient(lambda x: xp.sum(xp.linalg.svd(x).S ** 2), at)
    close(found, 2 * at)
    close(gradient(lambda x: xp.sum(xp.linalg.svdvals(x) ** 2), np.zeros((2, 2))), 0.0)


@pytest.mark.parametrize("name", ["eigh", "eig", "svd"])
def test_phases(xp, name):
    at = np.array([[1.0, 2.0 + 1.0j], [2.0 - 1.0j, 4.0]])

    def loss(x):
        found = getattr(xp.linalg, name)(x)
        return xp.sum(xp.real(found[0 if name == "svd" else 1]) * xp.asarray(C))

    with pytest.raises(ValueError, match="depends on the phase"):
        loss(leaf(xp, at)).backward()
    x = leaf(xp, at)
    with md.allow_gauge_dependence():
        loss(x).backward()
    assert np.isfinite(x.grad.as_numpy()).all()


@pytest.mark.parametrize("call", ["svd", "qr"])
def test_columns_that_complete_a_basis(xp, call):
    def first(x):
        kwargs = {"mode": "complete"} if call == "qr" else {}
        return getattr(xp.linalg, call)(x, **kwargs)[0]

    at = np.array([[2.0, 1.0], [0.5, 3.0], [1.0, -1.0]])
    thin = leaf(xp, at)
    xp.sum(first(thin)[:, :2] ** 3).backward()
    assert np.isfinite(thin.grad.as_numpy()).all()
    with pytest.raises(ValueError, match=f"{call}: the loss depends on columns"):
        xp.sum(first(leaf(xp, at))).backward()


# ---- singular matrices

RANKS = {
    "rank n - 1": ([[1.0, 2.0], [2.0, 4.0]], [[4.0, -2.0], [-2.0, 1.0]]),
    "rank n - 1 of 3": (np.diag([1.0, 2.0, 0.0]), np.diag([0.0, 0.0, 2.0])),
    "rank n - 2": (np.diag([1.0, 0.0, 0.0]), np.zeros((3, 3))),
    "zeros": (np.zeros((3, 3)), np.zeros((3, 3))),
    "regular": ([[1.0, 2.0], [3.0, 4.0]], [[4.0, -3.0], [-2.0, 1.0]]),
}


@pytest.mark.parametrize("name", RANKS)
def test_det_of_any_rank(xp, gradient, name):
    at, cofactors = RANKS[name]
    close(gradient(xp.linalg.det, np.asarray(at)), cofactors)


def test_det_of_a_batch(xp, gradient):
    at = np.array([RANKS["rank n - 1"][0], RANKS["regular"][0]])
    found = gradient(lambda x: xp.sum(xp.linalg.det(x)), at)
    close(found, [RANKS["rank n - 1"][1], RANKS["regular"][1]])


def test_the_sign_of_a_real_determinant_does_not_move(xp, gradient):
    close(gradient(lambda x: xp.linalg.slogdet(x).sign, np.array([[1.0, 2.0], [3.0, 4.0]])), 0.0)


def test_slogdet_of_a_singular_matrix(xp):
    x = leaf(xp, np.array([RANKS["rank n - 1 of 3"][0], np.eye(3)]))
    found = xp.linalg.slogdet(x).logabsdet
    assert found.as_numpy().tolist() == [-inf, 0.0]
    found.backward()
    assert np.isnan(x.grad.as_numpy()[0]).all()
    close(x.grad.as_numpy()[1], np.eye(3))


@pytest.mark.parametrize("name", ["inv", "solve"])
def test_singular_matrices_raise_what_the_library_raises(xp, name):
    x = leaf(xp, RANKS["rank n - 1 of 3"][0])
    args = (x,) if name == "inv" else (x, xp.ones(3))
    with pytest.raises(np.linalg.LinAlgError):
        getattr(xp.linalg, name)(*args)


def test_matrix_power(xp, gradient):
    at = np.array([[1.0, 2.0], [3.0, 4.0]])
    found = xp.linalg.matrix_power(leaf(xp, at), 0)
    assert found.allow_grad
    close(found.as_numpy(), EYE)
    close(gradient(lambda x: xp.sum(xp.linalg.matrix_power(x, 0)), at), 0.0)
    inverse = np.linalg.inv(at)
    ones = np.ones((2, 2))
    expected = -(inverse.T @ ones @ inverse.T)
    close(gradient(lambda x: xp.sum(xp.linalg.matrix_power(x, -1)), at), expected)
