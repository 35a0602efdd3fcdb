"""Decompositions at equal eigenvalues and singular values: exact, or nan with a warning.

Each loss is written with a decomposition, and once more for NumPy: without one, or with one where
the loss is smooth. Central differences of that are the truth. What is finite has to be right.
"""

import warnings

import array_api_strict
import pytest

import minidiff as md
import minidiff.array_api
import numpy as np
from reference import directional_derivative, inner

eigh, svd, power = np.linalg.eigh, np.linalg.svd, np.linalg.matrix_power


@pytest.fixture(params=["numpy", "strict"])
def xp(request):
    array_api_strict.set_array_api_strict_flags(api_version="2025.12")
    yield md.wrap(array_api_strict) if request.param == "strict" else minidiff.array_api
    array_api_strict.reset_array_api_strict_flags()


# ---- what losses are made of


def adjoint(xp, x):
    return xp.conj(xp.matrix_transpose(x))


def hermitian(x):
    return (x + np.conj(x.mT)) / 2


def values(xp, x):
    return xp.linalg.eigvalsh((x + adjoint(xp, x)) / 2)


def pair(xp, x):
    return xp.linalg.eigh((x + adjoint(xp, x)) / 2)


def by_eigh(xp, x, f):
    w, v = pair(xp, x)
    return v * f(w)[..., None, :] @ adjoint(xp, v)


def by_eig(xp, x, f):
    w, v = xp.linalg.eig(x + 0j)
    return v * f(w)[..., None, :] @ xp.linalg.inv(v)


def by_svd(xp, x, f):
    u, s, vh = xp.linalg.svd(x, full_matrices=False)
    return u * f(s)[..., None, :] @ vh


def projector(xp, x, which):
    v = pair(xp, x)[1][..., which]
    return v @ adjoint(xp, v)


def largest(xp, x):
    w, v = pair(xp, x)
    return v[..., -1:] @ adjoint(xp, v[..., -1:]) * w[..., -1:, None] ** 2


def polar(xp, x):
    u, _, vh = xp.linalg.svd(x, full_matrices=False)
    return u @ vh


def gram(a):
    return np.conj(a.mT) @ a


TWO, LAST = slice(None, 2), slice(2, None)

# name: (ours, NumPy's, first derivative, second derivative)
HERMITIAN = {
    "trace": (values, lambda a: np.trace(a), "exact", "exact"),
    "cubes": (
        lambda xp, x: values(xp, x) ** 3,
        lambda a: np.trace(power(hermitian(a), 3)),
        *("exact", "nan"),
    ),
    "the largest value": (
        lambda xp, x: values(xp, x)[..., -1:] ** 2,
        lambda a: np.linalg.eigvalsh(hermitian(a))[-1] ** 2,
        *("exact", "exact"),
    ),
    "at the minimum": (
        lambda xp, x: (values(xp, x) - 1) ** 2,
        lambda a: np.trace(power(hermitian(a) - np.eye(3), 2)),
        *("exact", "nan"),
    ),
    "at the minimum, eigh": (
        lambda xp, x: (pair(xp, x)[0] - 1) ** 2,
        lambda a: np.trace(power(hermitian(a) - np.eye(3), 2)),
        *("exact", "nan"),
    ),
    "projector of another": (
        lambda xp, x: projector(xp, x, LAST),
        lambda a: projector(np, hermitian(a), LAST),
        *("exact", "nan"),
    ),
    "projector of equal ones": (
        lambda xp, x: projector(xp, x, TWO),
        lambda a: projector(np, hermitian(a), TWO),
        *("exact", "nan"),
    ),
    "vector and value of another": (largest, lambda a: largest(np, a), "exact", "nan"),
    "square": (
        lambda xp, x: by_eigh(xp, x, lambda w: w**2),
        lambda a: power(hermitian(a), 2),
        *("nan", "nan"),
    ),
    "one element of the square": (
        lambda xp, x: by_eigh(xp, x, lambda w: w**2)[..., 0, 1],
        lambda a: power(hermitian(a), 2)[0, 1],
        *("nan", "nan"),
    ),
    "0 with a slope": (
        lambda xp, x: by_eigh(xp, x, lambda w: w**2 - w),
        lambda a: power(hermitian(a), 2) - hermitian(a),
        *("nan", "nan"),
    ),
}
SQUARE = {
    # The cotangent of the vectors is a difference, and so are its rounding errors.
    "trace, eigvals": (lambda xp, x: xp.linalg.eigvals(x), np.trace, "exact", "exact or nan"),
    "cubes, eigvals": (
        lambda xp, x: xp.linalg.eigvals(x) ** 3,
        lambda a: np.trace(power(a, 3)),
        *("exact", "nan"),
    ),
    "at the minimum, eigvals": (
        lambda xp, x: (xp.linalg.eigvals(x) - 1) ** 2,
        lambda a: np.trace(power(a - np.eye(3), 2)),
        *("exact", "nan"),
    ),
    "square, eig": (
        lambda xp, x: by_eig(xp, x, lambda w: w**2),
        lambda a: power(a, 2),
        *("nan", "nan"),
    ),
}
ANY = {
    "squares": (
        lambda xp, x: xp.linalg.svdvals(x) ** 2,
        lambda a: np.trace(gram(a)),
        *("exact", "nan"),
    ),
    "fourth powers, svd": (
        lambda xp, x: xp.linalg.svd(x, full_matrices=False).S ** 4,
        lambda a: np.trace(power(gram(a), 2)),
        *("exact", "nan"),
    ),
    "at the minimum, svdvals": (
        lambda xp, x: (xp.linalg.svdvals(x) ** 2 - 1) ** 2,
        lambda a: np.trace(power(gram(a) - np.eye(3), 2)),
        *("exact", "nan"),
    ),
    "nuclear norm": (
        lambda xp, x: xp.linalg.matrix_norm(x, ord="nuc"),
        lambda a: np.linalg.norm(a, "nuc"),
        *("exact", "exact"),
    ),
    "spectral norm": (
        lambda xp, x: xp.linalg.matrix_norm(x, ord=2),
        lambda a: np.linalg.norm(a, 2),
        *("exact", "exact"),
    ),
    "polar factor": (polar, lambda a: polar(np, a), "exact", "nan"),
    "cubes, svd": (
        lambda xp, x: by_svd(xp, x, lambda s: s**3),
        lambda a: a @ gram(a),
        *("nan", "nan"),
    ),
}
LOSSES = {**HERMITIAN, **SQUARE, **ANY}


class Problem:
    """A loss at a matrix with two values of 1 and one of 3, along a direction."""

    def __init__(self, name, turned, complex, rows=3):
        self.ours, self.numpy, self.first, self.second = LOSSES[name]
        rng = np.random.default_rng(len(name) + rows)

        def normal(*shape):
            return rng.normal(size=shape) + (1j * rng.normal(size=shape) if complex else 0)

        spectrum = np.diag([1.0, 1.0, 3.0])
        left, right = np.eye(rows)[:, :3], np.eye(3)
        if turned:
            left, right = np.linalg.qr(normal(rows, 3))[0], np.linalg.qr(normal(3, 3))[0]
        if name in HERMITIAN:
            right = np.conj(left.mT)
        if name in SQUARE and turned:
            left = np.eye(3) + 0.3 * normal(3, 3)
            right = np.linalg.inv(left)
        self.at = left @ spectrum @ right + (0j if complex else 0.0)
        self.along = normal(rows, 3) / 10
        self.weight = normal(rows, 3)

    def loss(self, xp):
        weight = xp.asarray(self.weight)

        def f(x):
            out = self.ours(xp, x)
            if out.shape[-2:] == weight.shape:
                out = xp.conj(weight) * out
            return xp.sum(xp.real(out))

        return f

    def value(self, a):
        out = self.numpy(a)
        return np.real(out) if np.ndim(out) == 0 else inner(self.weight, out)

    def truth(self, order, along=None):
        along = self.along if along is None else along
        f = self.value
        for _ in range(order):
            f = lambda a, f=f: directional_derivative(f, [a], [along], step=0.01)[0]  # noqa: E731
        return float(f(self.at))

    def found(self, xp, mode, along=None):
        """The derivative along a direction: forward and reverse mode, the last letter first."""
        f = self.loss(xp)
        x, v = xp.asarray(self.at), xp.asarray(self.along if along is None else along)

        def slope(y):
            return md.jvp(f, [y], [v])[1]

        def inner_of(g):
            return inner(v.as_numpy(), g.as_numpy())

        if mode == "f":
            return float(slope(x))
        if mode == "r":
            return inner_of(md.grad(f)(x))
        if mode == "rr":
            return inner_of(md.hvp(f, [x], [v]))
        if mode == "fr":
            return inner_of(md.jvp(md.grad(f), [x], [v])[1])
        return inner_of(md.grad(slope)(x))


def check(found, truth, state):
    if state == "exact" or (state == "exact or nan" and not np.isnan(found)):
        np.testing.assert_allclose(found, truth, rtol=1e-7, atol=1e-8)
    else:
        assert np.isnan(found)


CASES = [
    pytest.param(name, turned, complex, id=f"{name}{'-turned' * turned}{'-complex' * complex}")
    for name in LOSSES
    for turned in (False, True)
    for complex in (False, True)
]


@pytest.mark.parametrize(("name", "turned", "complex"), CASES)
@pytest.mark.parametrize("mode", ["r", "rr"])
def test_exact_or_nan_with_a_warning(xp, name, turned, complex, mode):
    problem = Problem(name, turned, complex)
    state = problem.first if mode == "r" else problem.second
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = problem.found(xp, mode)
    check(found, problem.truth(len(mode)), state)
    assert {str(one.message)[:3] for one in caught} == (
        {"svd" if name in ANY else "eig"} if np.isnan(found) else set()
    )


@pytest.mark.parametrize(("name", "turned", "complex"), CASES)
@pytest.mark.parametrize("mode", ["f", "fr", "rf"])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_forward_mode_finds_is_right_or_nan(xp, name, turned, complex, mode):
    problem = Problem(name, turned, complex)
    check(problem.found(xp, mode), problem.truth(len(mode)), "exact or nan")


@pytest.mark.parametrize("name", [name for name in LOSSES if "minimum" in name])
@pytest.mark.parametrize("complex", [False, True])
def test_a_minimum_in_a_direction_that_leaves_the_values_alone(xp, name, complex):
    """Neither the values nor the vectors receive anything, and yet it is not 0."""
    problem = Problem(name, False, complex)
    along = np.zeros((3, 3))
    along[0, 1] = 1.0
    along[1, 0] = 0.5
    assert problem.truth(2, along) > 0.5
    with pytest.warns(RuntimeWarning, match="equal values"):
        assert np.isnan(problem.found(xp, "rr", along))


def test_what_a_batch_shares_is_not_spoilt(xp):
    """Matrices of other values, or that the loss does not use, keep their gradients."""
    at = np.stack([np.eye(2), np.diag([1.0, 2.0]), [[2.0, 0.5], [0.5, 1.0]]])
    weight = np.array([[1.0, 2.0], [2.0, 5.0]])

    def f(x):
        return xp.sum(xp.asarray(weight) * by_eigh(xp, x, lambda w: w**2)[1:, ...])

    found = md.grad(f)(xp.asarray(at)).as_numpy()
    np.testing.assert_allclose(found[0], 0.0)
    np.testing.assert_allclose(found[1:], at[1:] @ weight + weight @ at[1:], rtol=1e-12)


def test_hessian_of_samples(xp):
    """Inside vmap, and underneath it, too."""

    def f(x):
        return xp.sum((xp.linalg.svdvals(x) - 1) ** 2)

    batch = xp.asarray(np.stack([np.eye(2), [[1.0, 0.0], [0.5, 3.0]]]))
    weight = xp.asarray([[0.0, 1.0], [1.0, 0.0]])
    regular = md.hessian(f)(batch[1, ...])
    with pytest.warns(RuntimeWarning, match="svd: equal values"):
        found = md.vmap(md.hessian(f))(batch).as_numpy()
    assert np.isnan(found[0]).any()
    np.testing.assert_allclose(found[1], regular.as_numpy(), atol=1e-14)
    with pytest.warns(RuntimeWarning, match="svd: equal values"):
        found = md.grad(lambda b: xp.sum(md.vmap(md.grad(f))(b) * weight))(batch).as_numpy()
    assert np.isnan(found[0]).any()
    expected = np.sum(regular.as_numpy() * weight.as_numpy(), axis=(2, 3))
    np.testing.assert_allclose(found[1], expected, atol=1e-14)


@pytest.mark.parametrize("rows", [3, 5])
@pytest.mark.parametrize("complex", [False, True])
@pytest.mark.parametrize("name", ["squares", "fourth powers, svd", "spectral norm", "cubes, svd"])
@pytest.mark.parametrize("zeros", [1, 2])
@pytest.mark.filterwarnings("ignore:svd. equal values:RuntimeWarning")
def test_singular_values_of_zero(xp, rows, complex, name, zeros):
    problem = Problem(name, True, complex, rows)
    u, s, vh = svd(problem.at, full_matrices=False)
    s[-zeros:] = 0.0
    s[0] = 2.0
    problem.at = (u * s) @ vh
    alone = zeros == 1 and rows == 3 and not complex  # nothing equals it
    check(problem.found(xp, "r"), problem.truth(1), "exact")
    second = "exact" if name in ("spectral norm", "fourth powers, svd") or alone else "nan"
    check(problem.found(xp, "rr"), problem.truth(2), second)
    for mode in ("f", "fr", "rf"):
        check(problem.found(xp, mode), problem.truth(len(mode)), "exact or nan")


def test_values_that_are_nearly_equal(xp):
    """Up to where rounding errors of the values themselves end, in either precision."""
    for dtype in (xp.float64, xp.float32):
        eps = float(xp.finfo(dtype).eps)

        def f(x):
            return xp.sum(by_eigh(xp, x, lambda w: w**2)[..., 0, :])

        for gap, state in ((eps, "nan"), (1e4 * eps, "exact")):
            at = xp.asarray(np.diag([1.0, 1.0 + gap, 3.0]), dtype=dtype)
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                found = md.grad(f)(at).as_numpy()
            assert bool(caught) == (state == "nan")
            if state == "exact":
                weight = np.zeros((3, 3))
                weight[0] = 1.0
                expected = hermitian(weight @ at.as_numpy() + at.as_numpy() @ weight)
                np.testing.assert_allclose(found, expected, atol=1e-2)
            else:
                assert np.isnan(found).any()
