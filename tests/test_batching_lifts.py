"""How functions of the table are lifted to batches: none by chance, and errors as outside."""

import itertools

import array_api_strict
import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np
from minidiff.backends import numpy_backend
from minidiff.batching._arrays import batches_over
from minidiff.batching._functions import LIFTS, OWN, lift_of, sample_by_sample

RNG = np.random.default_rng(0)
SAMPLES = 3
TENSORS = numpy_backend.tensors
TABLE = {name: one for name, one in vars(TENSORS).items() if hasattr(one, "rule")}
for extension in ("linalg", "fft"):
    module = getattr(TENSORS, extension)
    TABLE |= {f"{extension}.{name}": getattr(module, name) for name in module.__all__}


# ---- which rule


@pytest.mark.parametrize("name", TABLE)
def test_every_function_says_how_it_is_lifted(name):
    word = TABLE[name].rule.word
    if name not in OWN:
        lift = lift_of(name, TABLE[name].rule)
        assert lift is not sample_by_sample  # which is for parts of a function
        assert name in LIFTS or word in ("elementwise", "composite")
    where, _, last = f"arrays.{name}".rpartition(".")
    arrays = batches_over(numpy_backend).arrays
    assert getattr(getattr(arrays, where[7:]) if where != "arrays" else arrays, last)


def test_no_rule_is_for_a_function_that_is_not_there():
    assert {*LIFTS, *OWN} - {*TABLE} == {"write_at"}


# ---- makers of arrays


def looped(f, *stacks):
    return np.stack(
        [f(*[md.asarray(s[i]) for s in stacks]).as_numpy() for i in range(len(stacks[0]))]
    )


@pytest.mark.parametrize(
    ("name", "call"),
    {
        "full_like": lambda x, v: xp.full_like(x, v),
        "full_like of a row": lambda x, v: xp.full_like(x, x[0, :] * v),
        "full_like, shared": lambda x, v: xp.full_like(xp.zeros((2, 3)), v),
        "full_like, dtype": lambda x, v: xp.full_like(x, v, dtype=xp.float32),
        "full": lambda x, v: xp.full((2, 3), v) + x,
        "full of one axis": lambda x, v: xp.full(3, v) + x,
        "written": lambda x, v: filled_and_written(x, v),
        "zeros_like": lambda x, v: xp.zeros_like(x) + v,
        "empty_like": lambda x, v: xp.empty_like(x) * 0.0 + v,
    }.items(),
)
def test_filled_arrays(name, call):
    for shape in ((2, 3), (3, 3)):  # as many samples as rows: a mix-up would not be seen otherwise
        x, v = RNG.normal(size=(SAMPLES, *shape)), RNG.normal(size=SAMPLES)
        if "(2, 3)" in name and shape != (2, 3):
            continue
        try:
            expected = looped(call, x, v)
        except ValueError:
            continue
        found = md.vmap(call)(md.asarray(x), md.asarray(v))
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found.as_numpy(), expected)


def filled_and_written(x, v):
    out = xp.full_like(x, v)
    out[0, :] = x[1, :] * v
    return out


# ---- what is no matrix, and axes that are not there


def same_error(f, *stacks):
    """What f raises of one sample, and of all of them in vmap; or equal results."""
    samples = [md.asarray(s[0]) for s in stacks]
    try:
        f(*samples)
    except Exception as outside:
        with pytest.raises(type(outside) if not isinstance(outside, IndexError) else IndexError):
            md.vmap(f)(*map(md.asarray, stacks))
        return True
    return False


MATRICES = (
    *("det", "inv", "cholesky", "qr", "eigh", "eigvalsh", "eig", "eigvals", "svd", "svdvals"),
    *("slogdet", "pinv", "matrix_norm", "trace", "diagonal", "matrix_transpose"),
)


@pytest.mark.parametrize("name", MATRICES)
def test_samples_that_are_no_matrices_are_refused_as_outside(name):
    f = getattr(xp.linalg, name)
    assert same_error(f, np.eye(3))
    assert same_error(f, np.ones(3))
    assert same_error(lambda x: xp.linalg.solve(x, x), np.eye(3))
    assert same_error(lambda x: xp.linalg.solve(xp.eye(3), x[0]), np.eye(3))
    if not name.startswith(("matrix_t", "diag", "trace", "matrix_n")):
        strict = md.wrap(array_api_strict)
        x = strict.asarray(array_api_strict.eye(3))
        with pytest.raises(Exception, match=r"(?i)dimension|axes|array"):
            md.vmap(getattr(strict.linalg, name))(x)


def test_ranks_of_vectors_are_refused():
    with pytest.raises(ValueError, match="matrix_rank takes matrices"):
        md.vmap(xp.linalg.matrix_rank)(xp.eye(3))


@pytest.mark.parametrize("function", [xp.tril, xp.triu, md.numpy.tril, md.numpy.triu])
@pytest.mark.parametrize("shape", [(3,), (2, 3), (2, 2, 3)])
def test_triangles(function, shape):
    x = RNG.normal(size=(SAMPLES, *shape))
    for k in (0, 1, -1):
        f = lambda x, k=k: function(x, k=k)  # noqa: E731  # of two places below
        np.testing.assert_array_equal(md.vmap(f)(md.asarray(x)).as_numpy(), looped(f, x))
    loss = lambda x: xp.sum(function(x) ** 2)  # noqa: E731  # as above
    found = md.vmap(md.grad(loss))(md.asarray(x)).as_numpy()
    np.testing.assert_allclose(found, looped(md.grad(loss), x))


@pytest.mark.parametrize("ways", list(itertools.product([0, None], repeat=2))[:3])
@pytest.mark.parametrize("name", ["matrix_rank", "pinv"])
@pytest.mark.parametrize(
    ("shape", "tolerances"), [((3, 3), ()), ((2, 3, 3), ()), ((2, 3, 3), (2,))]
)
def test_a_tolerance_for_each_sample(name, shape, tolerances, ways):
    values = np.array([1.0, 0.3, 0.05])
    q = np.linalg.qr(RNG.normal(size=(SAMPLES, *shape)))[0]
    x = q * values @ np.swapaxes(q, -1, -2)
    rtol = RNG.uniform(0.04, 0.4, size=(SAMPLES, *tolerances))
    f = lambda x, t: getattr(xp.linalg, name)(x, rtol=t)  # noqa: E731  # of two places below
    given = [
        md.asarray(one if way == 0 else one[0]) for one, way in zip((x, rtol), ways, strict=True)
    ]
    repeated = [
        one if way == 0 else np.stack([one[0]] * 3)
        for one, way in zip((x, rtol), ways, strict=True)
    ]
    found = md.vmap(f, ways)(*given).as_numpy()
    np.testing.assert_allclose(found, looped(f, *repeated), atol=1e-12)
    if name == "pinv":
        gradient = md.grad(lambda x, t: xp.sum(f(x, t) ** 2))
        found = md.vmap(gradient, ways)(*given).as_numpy()
        np.testing.assert_allclose(found, looped(gradient, *repeated), rtol=1e-8)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: xp.take(x, xp.asarray([0]), axis=1),
        lambda x: xp.take(x, xp.asarray([0]), axis=-2),
        lambda x: xp.take(x, xp.astype(x[:2], xp.int64), axis=1),
        lambda x: xp.take(x, xp.astype(x[:2], xp.int64), axis=-2),
        lambda x: xp.take_along_axis(x, xp.asarray([0]), axis=1),
        lambda x: xp.take(x, xp.asarray([3])),
        lambda x: xp.take(x, xp.astype(x[:2], xp.int64) + 5),
        lambda x: x[xp.astype(x[:2], xp.int64) + 5],
        lambda x: x[xp.astype(x[:2], xp.int64) - 5],
        lambda x: x[xp.asarray([3])],
        lambda x: x[3],
        lambda x: x[0, 0],
        lambda x: x[0, xp.astype(x[0], xp.int64)],
        lambda x: x[xp.asarray([True, False])],
        lambda x: xp.sum(x, axis=1),
        lambda x: xp.sort(x, axis=1),
        lambda x: xp.argmax(x, axis=-2),
        lambda x: xp.repeat(x, 2, axis=1),
        lambda x: xp.roll(x, 2, axis=1),
        lambda x: xp.concat([x, x], axis=1),
        lambda x: xp.stack([x, x], axis=2),
        lambda x: xp.flip(x, axis=1),
        lambda x: xp.moveaxis(x, 1, 0),
        lambda x: xp.cumulative_sum(x, axis=1),
        lambda x: xp.cumulative_sum(xp.reshape(x, (1, 3))),
        lambda x: xp.cumulative_prod(xp.reshape(x, (1, 3))),
        lambda x: xp.squeeze(x, axis=0),
        lambda x: xp.reshape(x, (2,)),
        lambda x: xp.broadcast_to(x, (2,)),
        lambda x: xp.broadcast_to(x, ()),
        lambda x: x + xp.ones(2),
        lambda x: xp.matmul(x, xp.ones((2, 2))),
        lambda x: xp.fft.fft(x, axis=1),
    ],
)
def test_what_is_refused_outside_is_refused(f):
    assert same_error(f, np.ones((3, 3)))
    assert same_error(f, np.ones((2, 3)))


@pytest.mark.parametrize("axis", [0, 1, -1, -2, None])
@pytest.mark.parametrize("sides", [(), (4,), (2, 2)])
@pytest.mark.parametrize("ways", [(0, 0), (0, None), (None, 0)])
def test_take(axis, sides, ways):
    shape = (5,) if axis is None else (5, 4)
    x, i = RNG.normal(size=(SAMPLES, *shape)), RNG.integers(-4, 4, size=(SAMPLES, *sides))
    f = lambda x, i: xp.take(x, i, axis=axis)  # noqa: E731  # of two places below
    given = [md.asarray(one if way == 0 else one[0]) for one, way in zip((x, i), ways, strict=True)]
    repeated = [
        one if way == 0 else np.stack([one[0]] * 3) for one, way in zip((x, i), ways, strict=True)
    ]
    found = md.vmap(f, ways)(*given).as_numpy()
    np.testing.assert_array_equal(found, looped(f, *repeated))
    gradient = md.grad(lambda x, i: xp.sum(xp.sin(f(x, i))))
    found = md.vmap(gradient, ways)(*given).as_numpy()
    np.testing.assert_allclose(found, looped(gradient, *repeated))


# ---- a library that does as the standard says and no more


STRICT = md.wrap(array_api_strict)
V = STRICT.asarray(array_api_strict.asarray([3.0, 1.0, 2.0, 5.0]))
PLACES = STRICT.asarray(array_api_strict.asarray([0, 2, 1, 1]))
CHOSEN = STRICT.asarray(array_api_strict.asarray([True, True, False, True]))
OF_STRICT = {
    "sort": lambda x: STRICT.sort(x),
    "take": lambda x: STRICT.take(x, PLACES),
    "take along": lambda x: STRICT.take_along_axis(x, PLACES),
    "take a row": lambda x: STRICT.take(STRICT.reshape(x, (2, 2)), PLACES[2:], axis=1),
    "repeat": lambda x: STRICT.repeat(x, 2),
    "tile": lambda x: STRICT.tile(x, (2,)),
    "index": lambda x: x[PLACES],
    "two indices": lambda x: STRICT.reshape(x, (2, 2))[PLACES[2:], PLACES[:2] // 2],
    "mask": lambda x: x[CHOSEN],
    "max": lambda x: STRICT.max(x) * x,
}


@pytest.mark.parametrize("name", OF_STRICT)
def test_of_strict(name):
    f = OF_STRICT[name]
    stack = STRICT.stack([V, V * 2.0, V - 1.0])
    loss = lambda x: STRICT.sum(f(x) ** 2 * x[0])  # noqa: E731  # of many places below
    for function in (f, md.grad(loss), md.hessian(loss), md.jacobian(f, mode="forward")):
        found = md.vmap(function)(stack).as_numpy()
        expected = np.stack([function(stack[i, ...]).as_numpy() for i in range(3)])
        np.testing.assert_allclose(found, expected)
    plain = md.hessian(lambda x: xp.sum(numpy_of(name)(x) ** 2 * x[0]))(md.asarray(V.as_numpy()))
    np.testing.assert_allclose(md.hessian(loss)(V).as_numpy(), plain.as_numpy())


def numpy_of(name):
    """The same function over NumPy."""
    places, chosen = md.asarray(PLACES.as_numpy()), md.asarray(CHOSEN.as_numpy())
    return {
        "sort": lambda x: xp.sort(x),
        "take": lambda x: xp.take(x, places),
        "take along": lambda x: xp.take_along_axis(x, places),
        "take a row": lambda x: xp.take(xp.reshape(x, (2, 2)), places[2:], axis=1),
        "repeat": lambda x: xp.repeat(x, 2),
        "tile": lambda x: xp.tile(x, (2,)),
        "index": lambda x: x[places],
        "two indices": lambda x: xp.reshape(x, (2, 2))[places[2:], places[:2] // 2],
        "mask": lambda x: x[chosen],
        "max": lambda x: xp.max(x) * x,
    }[name]


def test_index_arrays_of_each_sample_of_strict():
    i = STRICT.asarray(array_api_strict.asarray([[0, 3], [1, -1], [2, 2]]))
    stack = STRICT.stack([V, V * 2.0, V - 1.0])
    f = lambda x, i: STRICT.sum(x[i] ** 2 * STRICT.take(x, i))  # noqa: E731  # of two places below
    for function in (f, md.grad(f)):
        found = md.vmap(function)(stack, i).as_numpy()
        rows = [function(stack[k, ...], i[k, ...]).as_numpy() for k in range(3)]
        np.testing.assert_allclose(found, np.stack(rows))

    def masked(x):
        y = STRICT.asarray(x, copy=True)
        y[CHOSEN] = 7.0
        return y

    np.testing.assert_array_equal(md.vmap(masked)(stack).as_numpy()[:, [0, 1, 3]], 7.0)
