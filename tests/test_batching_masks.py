"""x[mask] inside vmap, with a mask that differs from sample to sample: as in a loop over them."""

import warnings

import array_api_strict
import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np

SAMPLES = 3
RNG = np.random.default_rng(0)
A = RNG.normal(size=(SAMPLES, 4))
B = RNG.normal(size=(SAMPLES, 4))


def scalar(a, b):
    y = a * 1.0
    y[y < 0] = 0.0
    return y


def one_per_sample(a, b):
    y = a * 1.0
    y[a < b] = b[0] * a[1]
    return y


def updated(a, b):
    y = a * 2.0
    y[y < b] += 10.0
    y[b > 0] *= b[0]
    return y


def selected_elsewhere(a, b):
    y = a * 1.0
    mask = a * b > 0
    y[mask] = b[mask] * a[mask] + xp.sin(b[a * b > 0])
    y[mask] -= a[mask]
    return y


def only_where_it_is_defined(a, b):
    y = xp.zeros_like(a)
    y[a > 0] = xp.log(a[a > 0]) * b[a > 0]
    y[a <= 0] = xp.sqrt(-a[a <= 0])
    return y


def summed(a, b):
    return xp.sum(a[a > 0] ** 2) * b + xp.sum(b[b > a])


def whole_rows(a, b):
    y = xp.reshape(a * 1.0, (2, 2))
    mask = xp.sum(y, axis=1) > 0
    y[mask] = y[mask] * b[:2] + 1.0
    y[mask, ...] *= 2.0
    return y


def rows_of_a_transpose(a, b):
    y = xp.sin(xp.reshape(a, (2, 2)).T)  # it lies in memory as the transpose does
    y[xp.sum(y, axis=1) > 0] *= 2.0
    mask = xp.sum(y, axis=1) > b[0]
    y[mask] += b[:2]
    return y * xp.sum(y[mask].T * b[:2, None])


def of_one_number(a, b):
    y = a[0] * 1.0
    y[y < b[0]] = b[1]
    return y * a


def everything_and_nothing(a, b):
    y = a * 1.0
    y[a > -100.0] = b[0]
    y[a > 100.0] = 7.0
    return y * a


def converted(a, b):
    y = xp.astype(a * 4.0, xp.float32)
    y[y < 0] = xp.astype(a[y < 0], xp.float32) + 1.0
    return xp.astype(y, xp.float64)


def integers(a, b):
    y = xp.astype(a * 10.0, xp.int64)
    y[y > 3] = 3
    y[y < 0] += 5
    return xp.astype(y, xp.float64) * a


PROGRAMS = (
    *(scalar, one_per_sample, updated, selected_elsewhere, only_where_it_is_defined, summed),
    *(whole_rows, rows_of_a_transpose, of_one_number, everything_and_nothing, converted, integers),
)
TRANSFORMS = {
    "value": lambda f: f,
    "grad": lambda f: md.grad(lambda a, b: xp.sum(xp.sin(f(a, b))), (0, 1)),
    "jvp": lambda f: lambda a, b: md.jvp(f, [a, b], [xp.sin(b), xp.cos(a)])[1],
    "rows": lambda f: md.jacobian(f, (0, 1), mode="reverse"),
    "columns": lambda f: md.jacobian(f, (0, 1), mode="forward"),
    "hessian": lambda f: md.hessian(lambda a, b: xp.sum(f(a, b) ** 2)),
    "grad of jvp": lambda f: md.grad(
        lambda a, b: xp.sum(md.jvp(lambda a: f(a, b) ** 2, [a], [b])[1])
    ),
}


def looped(f):
    def call(a, b):
        rows = [f(a[i, :], b[i, :]) for i in range(SAMPLES)]
        if type(rows[0]) in (list, tuple):
            return [xp.stack(list(column)) for column in zip(*rows, strict=True)]
        return xp.stack(rows)

    return call


def leaves(found):
    return list(found) if type(found) in (list, tuple) else [found]


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_against_a_loop(program, transform):
    f = TRANSFORMS[transform](program)
    a, b = xp.asarray(A), xp.asarray(B)
    found, expected = leaves(md.vmap(f)(a, b)), leaves(looped(f)(a, b))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one.as_numpy(), other.as_numpy(), rtol=1e-12, atol=1e-13)


# There are no finite differences in single precision, and none through integers.
SMOOTH = [program for program in PROGRAMS if program not in (converted, integers)]


@pytest.mark.parametrize("program", SMOOTH, ids=lambda p: p.__name__)
def test_gradients_outside_against_finite_differences(program):
    assert md.testing.gradcheck(md.vmap(program), [xp.asarray(A), xp.asarray(B)])


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_second_order_outside(program):
    def gradient(T):
        return md.grad(lambda a: xp.sum(md.grad(lambda a: xp.sum(T(a) ** 2))(a) ** 2))(
            xp.asarray(A)
        ).as_numpy()

    b = xp.asarray(B)
    found = gradient(lambda a: md.vmap(program)(a, b))
    expected = gradient(lambda a: looped(program)(a, b))
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("program", [updated, selected_elsewhere], ids=lambda p: p.__name__)
def test_in_vmap_of_vmap(program):
    a, b = np.stack([A, A + 0.3]), np.stack([B, B - 0.2])
    f = md.grad(lambda a, b: xp.sum(program(a, b) ** 2))
    found = md.vmap(md.vmap(f))(xp.asarray(a), xp.asarray(b)).as_numpy()
    for i, j in np.ndindex(2, SAMPLES):
        expected = f(xp.asarray(a[i, j]), xp.asarray(b[i, j])).as_numpy()
        np.testing.assert_allclose(found[i, j], expected, rtol=1e-12)


@pytest.mark.parametrize("ways", [((0, None), (0, 0)), ((0, 0), (None, 0)), ((None, 0), (0, None))])
@pytest.mark.parametrize(
    "program", [updated, selected_elsewhere, whole_rows, summed], ids=lambda p: p.__name__
)
def test_masks_and_arrays_of_different_vmaps(program, ways):
    """What the inner vmap shares may differ between the samples of the outer one."""
    f = md.grad(lambda a, b: xp.sum(program(a, b) ** 2), (0, 1))
    outer, inner = ways
    full = np.stack([A, A + 0.3]), np.stack([B, B - 0.2])

    def taken(x, axes, i=0, j=0):
        x = x if axes[0] == 0 else x[i]
        return x if axes[1] == 0 else x[:, j] if axes[0] == 0 else x[j]

    axes = list(zip(outer, inner, strict=True))
    given = [xp.asarray(taken(x, way)) for x, way in zip(full, axes, strict=True)]
    found = md.vmap(md.vmap(f, inner), outer)(*given)
    for i, j in np.ndindex(2, SAMPLES):
        point = [
            xp.asarray(x[i if way[0] == 0 else 0, j if way[1] == 0 else 0])
            for x, way in zip(full, axes, strict=True)
        ]
        for one, expected in zip(found, f(*point), strict=True):
            np.testing.assert_allclose(one.as_numpy()[i, j], expected.as_numpy(), rtol=1e-11)


def test_what_is_shared_beside_a_mask_that_is_not():
    b = xp.asarray(B[0])

    def f(a):
        y = xp.zeros(4)
        y[a > 0] = b[a > 0] * 2.0
        return y

    np.testing.assert_array_equal(
        md.vmap(f)(xp.asarray(A)).as_numpy(), np.where(A > 0, B[0] * 2, 0)
    )


def test_no_warning_comes_of_what_is_not_selected():
    def root(a):
        y = xp.zeros_like(a)
        y[a > 0] = xp.log(a[a > 0]) / a[a > 0]
        return y

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = md.vmap(md.grad(lambda a: xp.sum(root(a))))(xp.asarray(A)).as_numpy()
    assert np.isfinite(found).all()
    assert (found[A <= 0] == 0).all()


def test_empty_batches_and_samples():
    for shape in ((0, 4), (3, 0)):
        empty = xp.zeros(shape)
        assert md.vmap(scalar)(empty, empty).shape == shape
        assert md.vmap(converted)(empty, empty).shape == shape


def test_other_libraries():
    def f(xp, a):
        y = xp.asarray(a, copy=True)
        y[y < 0] = 0.0
        y[y > 1] *= 2.0
        return xp.sum(y**2)

    expected = np.where(A > 1, 8 * A, np.where(A < 0, 0, 2 * A))
    wrapped = md.wrap(array_api_strict)
    given = wrapped.asarray(array_api_strict.asarray(A))
    found = md.vmap(md.grad(lambda a: f(wrapped, a)))(given)
    np.testing.assert_allclose(found.as_numpy(), expected)


def test_how_many_are_selected_is_no_number():
    def shape(a):
        part = a[a > 0]
        assert part.ndim == 1
        assert part.dtype == xp.float64
        assert part.shape == a[a > 0].shape
        assert part.shape != a[a < 0].shape
        assert part.shape != (4,)
        assert "(n,)" in str(part.shape)
        assert "batch of 3" in repr(part)
        return a

    md.vmap(shape)(xp.asarray(A))
    for use in (
        lambda part: xp.ones(part.shape),
        lambda part: part.size,
        lambda part: len(part),
        lambda part: part[0],
        lambda part: part[1:],
        lambda part: xp.sort(part),
        lambda part: xp.cumulative_sum(part),
        lambda part: xp.max(part),
        lambda part: xp.mean(part),
        lambda part: xp.reshape(part, (-1,)),
        lambda part: xp.flip(part),
        lambda part: xp.concat([part, part]),
        lambda part: xp.stack([part, part]),
        lambda part: part @ part,
        lambda part: xp.broadcast_to(part, (2, 4)),
        lambda part: part * xp.ones(4),
        lambda part: part * np.ones(4),
        lambda part: part,
    ):
        with pytest.raises(ValueError, match="mask that differs from sample to sample"):
            md.vmap(lambda a, use=use: use(a[a > 0]))(xp.asarray(A))


def test_values_of_the_shape_of_x_are_refused_as_numpy_refuses_them():
    def f(a, b):
        y = a * 1.0
        y[y > 0] = b
        return y

    with pytest.raises(ValueError, match="where"):
        md.vmap(f)(xp.asarray(A), xp.asarray(B))


@pytest.mark.parametrize(
    "function",
    [
        lambda v: xp.maximum(v, 0.5),
        lambda v: xp.hypot(v, 0.5),
        lambda v: xp.round(v) + v,
        lambda v: v * xp.sign(v),
        lambda v: v**0 * v,
        lambda v: v**v,
        lambda v: 2.0**v,
        lambda v: v // 2 * v,
        lambda v: v * xp.where(xp.any(v > 3.5), 2.0, 1.0),
        lambda v: v * xp.where(xp.all(v > 0.1), 2.0, 1.0),
        lambda v: v * xp.astype(xp.count_nonzero(v > 1.5), xp.float64),
        lambda v: v * v + xp.zeros_like(v) + xp.ones_like(v) * v + xp.full_like(v, 2.0) * v,
    ],
)
def test_what_formulas_ask_of_what_is_selected(function):
    x = xp.asarray([[1.0, -2.0, 3.0, 0.2], [4.0, 5.0, -6.0, 1.0]])
    f = lambda row: xp.sum(function(row[row > 0]))  # noqa: E731
    gradient = md.grad(f)
    for of_row in (
        f,
        gradient,
        md.grad(lambda row: xp.sum(gradient(row) ** 2)),
        lambda row: md.jvp(f, [row], [row])[1],
    ):
        expected = xp.stack([of_row(row) for row in x]).as_numpy()
        np.testing.assert_allclose(md.vmap(of_row)(x).as_numpy(), expected, rtol=1e-14)


def test_reductions_of_what_is_selected_over_a_strict_library():
    strict = md.wrap(array_api_strict)
    x = strict.asarray(A)
    for f in (
        lambda v: strict.any(v > 0.5),
        lambda v: strict.all(v > 0.1),
        lambda v: strict.any(v),
        lambda v: strict.count_nonzero(v > 0.5),
        lambda v: strict.sum(v),
        lambda v: strict.sum(strict.astype(v > 0.5, strict.int64)),
    ):
        expected = [f(row[row > 0]).item() for row in x]
        assert md.vmap(lambda row, f=f: f(row[row > 0]))(x).tolist() == expected
