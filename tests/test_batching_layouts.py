"""Writes through reshaped arrays inside vmap, for samples along any axis and in any memory order.

Whether reshape gives a view or a copy hangs on how an array lies in memory, so it has to lie inside
vmap as it does for one sample.
"""

import tracemalloc

import pytest

import minidiff as md
import numpy as np


def flat(x):
    return md.reshape(x, (-1,))


def turned(x):
    return md.permute_dims(x, tuple(range(x.ndim))[::-1])


def result(x):
    y = x * 2.0
    flat(y)[0] = 100.0
    return y


def copied(x):
    y = md.asarray(x, copy=True)
    flat(y)[0] = 100.0
    return y


def turned_result(x):
    y = md.sin(x)
    flat(turned(y))[0] = 100.0
    return y


def row_of_result(x):
    y = x + 0.0
    flat(y[0, ...])[0] = 50.0
    return y


def argument(x):
    flat(x)[0] = 7.0
    return x + 0.0


def row_of_argument(x):
    flat(x[0, ...])[0] = 7.0
    return x + 0.0


FUNCTIONS = (result, copied, turned_result, row_of_result, argument, row_of_argument)
MAKING = FUNCTIONS[:4]  # those that write into nothing but what they make
LAYOUTS = {
    "C": lambda a: a,
    "Fortran": np.asfortranarray,
    "backwards": lambda a: np.ascontiguousarray(a[::-1])[::-1],
    "backwards inside": lambda a: np.ascontiguousarray(a[..., ::-1])[..., ::-1],
    "gaps": lambda a: np.repeat(np.repeat(a, 2, axis=0), 2, axis=-1)[::2, ..., ::2],
    "a gap inside": lambda a: np.repeat(a, 2, axis=1)[:, ::2],
    "exchanged": lambda a: np.ascontiguousarray(a.swapaxes(0, 1)).swapaxes(0, 1),
}


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 4), (2, 1, 4), (2, 3, 4, 5), (3, 2, 1, 2)])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_as_one_sample_lies(layout, shape, f):
    values = np.random.default_rng(0).normal(size=shape)
    batch = LAYOUTS[layout](values)
    for axis, count in enumerate(shape):
        key = (slice(None),) * axis
        alone = [f(md.asarray(batch, copy=False)[(*key, i, ...)]) for i in range(count)]
        batch = LAYOUTS[layout](values.copy())  # some have written
        found = md.vmap(f, in_axes=axis)(md.asarray(batch, copy=False))
        np.testing.assert_array_equal(found.as_numpy(), np.stack([y.as_numpy() for y in alone]))
        np.testing.assert_array_equal(batch, values)  # into which vmap writes nothing


@pytest.mark.parametrize("f", MAKING, ids=lambda f: f.__name__)
def test_derivatives_and_nested(f):
    rng = np.random.default_rng(1)
    x, w = md.asarray(rng.normal(size=(2, 3, 4))), md.asarray(rng.normal(size=(3, 2, 4)))

    def loss(x):
        return md.sum(w * md.vmap(f, in_axes=1)(x) ** 2)

    def in_loop(x):
        return md.sum(w * md.stack([f(x[:, i, :]) for i in range(3)]) ** 2)

    for transform in (md.grad, md.hessian):
        expected = transform(in_loop)(x).as_numpy()
        np.testing.assert_allclose(transform(loss)(x).as_numpy(), expected, rtol=1e-14)
    batch = md.asarray(rng.normal(size=(2, 5, 3, 4)))
    nested = md.vmap(md.vmap(f, in_axes=1), in_axes=1)(batch)
    for i in range(5):
        for j in range(3):
            expected = f(batch[:, i, j, :]).as_numpy()
            np.testing.assert_array_equal(nested[i, j, ...].as_numpy(), expected)


@pytest.mark.parametrize("f", MAKING, ids=lambda f: f.__name__)
def test_in_torch(f):
    torch = pytest.importorskip("torch")
    tp = md.wrap(torch)
    x = tp.asarray(torch.arange(24.0).reshape(2, 3, 4))
    found = md.vmap(f, in_axes=1)(x)
    for i in range(3):
        np.testing.assert_array_equal(found[i, ...].as_numpy(), f(x[:, i, :]).as_numpy())


def test_what_is_broadcast_stays_so():
    start = md.asarray(np.arange(100.0))
    x = md.broadcast_to(md.reshape(start, (100, 1, 1)), (100, 100, 100))
    for axis in (1, 2):
        tracemalloc.start()
        found = md.vmap(lambda s: s[0, 0], in_axes=axis)(x)
        assert tracemalloc.get_traced_memory()[1] < 1e6  # of 8e6 bytes
        tracemalloc.stop()
        assert found.tolist() == [0.0] * 100
    rows = md.permute_dims(md.asarray(np.arange(6.0).reshape(3, 2)), (1, 0))
    x = md.broadcast_to(md.expand_dims(rows, axis=1), (2, 4, 3))

    def overwritten(s):
        y = s * s
        z = md.reshape(y, (-1,))
        z[0:2] = z[2:4] * 3.0
        return y

    expected = np.stack([overwritten(x[i, ...]).as_numpy() for i in range(2)])
    np.testing.assert_array_equal(md.vmap(overwritten)(x).as_numpy(), expected)
