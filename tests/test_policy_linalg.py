"""Derivatives of matrix functions at the awkward points, on NumPy and on a strict library.

More of decompositions at equal values is in test_equal_values.py.
"""

import array_api_strict
import pytest

import minidiff as md
import minidiff.array_api
import numpy as np

inf, nan = np.inf, np.nan
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


NO_DIVISION = pytest.mark.filterwarnings("ignore:divide by zero")  # where an order is negative


@NO_DIVISION
@pytest.mark.parametrize("ord", [1, 2, 3, 2.5, 1.5, 0.5, -1, -2, inf, -inf])
def test_vector_norm_of_zeros(xp, gradient, ord):
    def f(x):
        return xp.linalg.vector_norm(x, ord=ord)

    close(gradient(f, np.zeros(3)), 0.0)
    close(md.hessian(f)(xp.zeros(3)).as_numpy(), 0.0)
    close(md.jacobian(md.grad(f), mode="forward")(xp.zeros(3)).as_numpy(), 0.0)


@NO_DIVISION
@pytest.mark.parametrize(
    ("ord", "first", "second"),
    [
        # |x| along the second axis. Along the first the derivatives are those of |x|**ord.
        (3, [0.0, 1.0], 0.0),
        (2.5, [0.0, 1.0], 0.0),
        (1.5, [0.0, 1.0], inf),
        (0.5, [nan, 1.0], None),
        (-1, [0.0, 0.0], 0.0),  # of |x| at 0 along the first axis, 0 along the second
        (-2, [0.0, 0.0], 0.0),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow encountered in multiply")
def test_vector_norm_with_one_zero(xp, ord, first, second):
    def f(x):
        return xp.linalg.vector_norm(x, ord=ord)

    at = xp.asarray([0.0, 2.0])
    close(md.grad(f)(at).as_numpy(), first)
    if second is None:
        return
    for mode in ("reverse", "forward"):
        found = md.jacobian(md.grad(f), mode=mode)(at).as_numpy()
        close(found, [[second, 0.0], [0.0, 0.0]])
    for along, expected in ((xp.asarray([1.0, 0.0]), first[0]), (xp.asarray([0.0, 1.0]), first[1])):
        close(float(md.jvp(f, [at], [along])[1]), expected)


@NO_DIVISION
def test_vector_norm_of_rows_with_zeros(xp, gradient):
    at = np.array([[0.0, 1.0, 2.0], [0.0, 0.0, 0.0], [3.0, 4.0, 5.0]])
    for ord in (-1, 1.5):
        found = gradient(lambda x: xp.sum(xp.linalg.vector_norm(x, ord=ord, axis=-1)), at)  # noqa: B023
        norm = np.sum(at[2] ** ord) ** (1 / ord)
        close(found[2], (at[2] / norm) ** (ord - 1))
        close(found[1], 0.0)
        norm = np.sum(at[0, 1:] ** ord) ** (1 / ord)
        close(found[0], [0.0, *(at[0, 1:] / norm) ** (ord - 1)] if ord > 1 else 0.0)


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


def test_matrix_norms_with_singular_values_of_zero(xp, gradient):
    """The subgradient of least norm: of the trace norm, U Vᴴ of the values that are not 0."""
    left, right = np.array([0.6, 0.8, 0.0]), np.array([5.0, 12.0]) / 13
    rank1 = np.outer(left, right)
    close(gradient(lambda x: xp.linalg.matrix_norm(x, ord="nuc"), 7 * rank1), rank1)
    for ord in ("nuc", 2, -2):
        close(gradient(lambda x: xp.linalg.matrix_norm(x, ord=ord), np.zeros((3, 2))), 0.0)  # noqa: B023
    close(gradient(lambda x: xp.linalg.matrix_norm(x, ord=-2), 7 * rank1), 0.0)


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


def test_second_derivatives_at_equal_eigenvalues(xp):
    eigvalsh = xp.linalg.eigvalsh
    close(md.hessian(lambda x: xp.sum(eigvalsh(x)))(xp.asarray(EYE)).as_numpy(), 0.0)
    with pytest.warns(RuntimeWarning, match="eigh: equal values"):
        found = md.hessian(lambda x: xp.sum(eigvalsh(x) ** 2))(xp.asarray(EYE))
    assert np.isnan(found.as_numpy()[0, 1, 0, 1])


@pytest.mark.parametrize("name", ["eigh", "svd"])
def test_vectors_and_equal_values_at_once(xp, name):
    """As functions of matrices use them: the factors do not contain the derivative."""

    def square(x):
        if name == "svd":
            u, s, vh = xp.linalg.svd(x)
            return u * s**2 @ vh
        w, v = xp.linalg.eigh(x)
        return v * w**2 @ xp.matrix_transpose(v)

    with pytest.warns(RuntimeWarning, match=f"{name}: equal values"):
        found = md.grad(lambda x: xp.sum(xp.asarray(C) * square(x)))(xp.asarray(2 * EYE))
    assert np.isnan(found.as_numpy()).any()


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


# ---- eigenvalues of any matrix


def test_equal_eigenvalues_of_any_matrix(xp, gradient):
    turn = np.array([[2.0, 1.0, 0.0], [0.5, 1.0, 1.0], [0.0, 1.0, 3.0]])
    at = turn @ np.diag([2.0, 2.0, 5.0]) @ np.linalg.inv(turn)
    found = gradient(lambda x: xp.real(xp.sum(xp.linalg.eigvals(x) ** 3)), at)
    np.testing.assert_allclose(found, 3 * (at @ at).T, rtol=1e-11)


def test_eigenvectors_of_equal_eigenvalues_of_any_matrix(xp):
    x = leaf(xp, 2 * EYE)
    loss = xp.sum(xp.real(xp.linalg.eig(x).eigenvectors) * xp.asarray(C))
    with pytest.warns(RuntimeWarning, match="eig: equal values"):
        loss.backward()
    assert np.isnan(x.grad.as_numpy()).any()


@pytest.mark.parametrize("at", [[[1.0, 1.0], [0.0, 1.0]], [[5.0, 3.0], [0.0, 5.0]]])
def test_fewer_eigenvectors_than_equal_eigenvalues(xp, at):
    def f(x):
        return xp.real(xp.sum(xp.linalg.eigvals(x)[1, ...] ** 2))

    at = np.stack([at, [[2.0, 1.0], [1.0, 4.0]]])
    close(md.grad(f)(xp.asarray(at)).as_numpy(), [np.zeros((2, 2)), 2 * at[1]])
    with pytest.warns(RuntimeWarning, match="eig: too few vectors of equal eigenvalues"):
        found = md.grad(lambda x: xp.real(xp.sum(xp.linalg.eigvals(x) ** 2)))(xp.asarray(at))
    assert np.isnan(found.as_numpy()[0]).all()
    close(found.as_numpy()[1], 2 * at[1])
    moved = md.jvp(xp.linalg.eigvals, [xp.asarray(at)], [xp.ones((2, 2, 2))])[1].as_numpy()
    assert np.isnan(moved[0]).all()
    assert np.isfinite(moved[1]).all()


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


@pytest.mark.parametrize("shape", [(3, 2), (2, 2), (2, 3)])
def test_qr_of_dependent_columns(xp, shape):
    """NaN for that matrix, if the loss uses it, and no exception."""
    at = np.arange(12.0).reshape(2, -1)[:, : shape[0] * shape[1]].reshape(2, *shape) ** 2 + 1
    at[0, :, 1] = 2 * at[0, :, 0]

    def f(x, which=slice(None)):
        q, r = xp.linalg.qr(x)
        return xp.sum(q[which, ...] ** 3) + xp.sum(r[which, ...] ** 2)

    regular = md.grad(f)(xp.asarray(at[1:])).as_numpy()[0]
    found = md.grad(lambda x: f(x, 1))(xp.asarray(at)).as_numpy()
    close(found, [np.zeros(shape), regular])
    with pytest.warns(RuntimeWarning, match="qr: dependent columns"):
        found = md.grad(f)(xp.asarray(at)).as_numpy()
    assert np.isnan(found[0, :, :2]).all()
    close(found[1], regular)
    moved = md.jvp(xp.linalg.qr, [xp.asarray(at)], [xp.ones(at.shape)])[1]
    for part in moved:
        assert np.isnan(part.as_numpy()[0]).any()
        assert np.isfinite(part.as_numpy()[1]).all()


def test_qr_of_columns_of_any_scale(xp):
    at = np.array([[3.0, 1e-20], [4.0, 2e-20]])
    found = md.grad(lambda x: xp.linalg.qr(x).R[1, 1])(xp.asarray(at)).as_numpy()
    step = np.array([[0.0, 0.0], [0.0, 1e-22]])  # R is linear in the second column
    moved = (np.linalg.qr(at + step).R - np.linalg.qr(at).R)[1, 1] / 1e-22
    np.testing.assert_allclose(found[1, 1], moved, rtol=1e-9)


@pytest.mark.parametrize("shape", [(0, 0), (2, 0, 0), (0, 2, 2), (0, 3), (3, 0), (2, 0, 3)])
@pytest.mark.parametrize("name", ["eigh", "eig", "svd", "qr", "eigvalsh", "svdvals", "det"])
def test_decompositions_of_nothing(xp, shape, name):
    if name not in ("svd", "svdvals", "qr") and shape[-1] != shape[-2]:
        return

    def f(x):
        kwargs = {"full_matrices": False} if name == "svd" else {}
        out = getattr(xp.linalg, name)(x, **kwargs)
        return sum(xp.sum(xp.abs(part)) for part in (out if isinstance(out, tuple) else (out,)))

    x = xp.zeros(shape)
    assert md.grad(f)(x).shape == shape
    assert md.jvp(f, [x], [x])[1].shape == ()
    assert md.hessian(f)(x).shape == shape * 2


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
    found = xp.linalg.matrix_power(leaf(xp, at), np.int64(0))
    assert found.allow_grad
    close(found.as_numpy(), EYE)
    close(gradient(lambda x: xp.sum(xp.linalg.matrix_power(x, 0)), at), 0.0)
    inverse = np.linalg.inv(at)
    ones = np.ones((2, 2))
    expected = -(inverse.T @ ones @ inverse.T)
    close(gradient(lambda x: xp.sum(xp.linalg.matrix_power(x, -1)), at), expected)
