"""What leaves a vmap otherwise than as a result: for NumPy and Python, or kept beyond its end."""

import copy
import functools
import io
import math
import pickle

import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np

A = xp.asarray([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def inside(f, *args):
    return md.vmap(f)(*(args or (A,)))


# ---- for others


@pytest.mark.parametrize(
    "leave",
    [
        lambda x: x.as_numpy(),
        lambda x: np.asarray(x),
        lambda x: np.array([x, x]),
        lambda x: np.asarray(x, dtype=np.float32),
        lambda x: x.tolist(),
        lambda x: x.tobytes(),
        lambda x: x[0].item(),
        lambda x: x.item(1),
        lambda x: np.float64(x[0]),
        lambda x: f"{x[0]:.3f}",
        lambda x: np.from_dlpack(x),
        lambda x: copy.copy(x),
        lambda x: copy.deepcopy(x),
        lambda x: pickle.dumps(x),
        lambda x: md.save(io.BytesIO(), x),
        lambda x: np.testing.assert_allclose(x, x),
        lambda x: np.savetxt(io.StringIO(), x),
        lambda x: md.random.normal(x[0], 1.0),
        lambda x: md.random.uniform(x[0], 2.0),
        lambda x: md.random.binomial(5, x[0]),
        lambda x: md.random.choice(3, p=x),
    ],
)
def test_arrays_of_numpy_are_refused(leave):
    with pytest.raises(TypeError, match="inside vmap"):
        inside(leave)


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (bool, "write `where` instead of `if`"),
        (int, "no shape, index or number of steps can differ"),
        (float, "compute with minidiff's functions"),
        (complex, "compute with minidiff's functions"),
        (math.sin, "compute with minidiff's functions"),
        (range, "no shape, index or number of steps can differ"),
        (lambda i: [1, 2, 3][i], "no shape, index or number of steps can differ"),
        (lambda i: A[0, :i], "no shape, index or number of steps can differ"),
        (lambda i: xp.reshape(A, (i, -1)), "no shape, index or number of steps can differ"),
    ],
)
def test_numbers_of_python_are_refused(kind, says):
    with pytest.raises(TypeError, match=says):
        inside(kind, xp.asarray([1, 2]))


def test_numbers_that_decide_shapes_are_refused():
    for f in (
        lambda i: xp.arange(i),
        lambda i: xp.zeros((i,)),
        lambda i: xp.linspace(0.0, i, 3),
        lambda i: xp.eye(i),
        lambda i: md.bincount(xp.stack([i, i])),
        lambda i: md.histogram(xp.stack([i, i])),
    ):
        with pytest.raises((TypeError, ValueError), match="vmap"):
            inside(f, xp.asarray([1, 2]))


def test_what_all_samples_share_is_a_value_inside_too():
    def f(x):
        shared = xp.asarray([1.0, 2.0]) * 2.0
        assert np.asarray(shared).tolist() == shared.tolist() == [2.0, 4.0]
        assert shared[1].item() == 4.0
        assert f"{shared[0]:.1f}" == "2.0"
        assert np.from_dlpack(shared).tolist() == [2.0, 4.0]
        for made in (copy.copy(shared), copy.deepcopy(shared), pickle.loads(pickle.dumps(shared))):
            assert made.tolist() == [2.0, 4.0]
            x = x + made[0]
        return x * np.asarray(shared)[0]

    np.testing.assert_array_equal(inside(f).as_numpy(), (A.as_numpy() + 6) * 2)


def test_text_says_that_it_is_a_batch():
    def f(x):
        assert repr(x) == str(x) == f"{x}"
        assert repr(x).startswith("Tensor(batch of 2: [[1., 2., 3.]")
        assert "device" not in repr(x)
        assert repr(x[0]) == "Tensor(batch of 2: [1., 4.])"
        assert repr(xp.ones(2)) == "Tensor([1., 1.])"
        return x

    inside(f)
    inside(lambda x: md.vmap(lambda y: (str(y), y)[1])(x))
    seen = []
    md.vmap(md.vmap(lambda x: (seen.append(repr(x)), x)[1]))(A)
    assert seen == ["Tensor(batch of 3: batch of 2: [[1., 2., 3.],\n       [4., 5., 6.]])"]
    md.vmap(md.grad(lambda x: (seen.append(repr(x * 2.0)), xp.sum(x))[1]))(A)
    assert seen[-1].endswith("op=multiply)")


# ---- kept beyond its end


def test_constants_made_inside_and_cached_are_constants():
    @functools.cache
    def table():
        return md.arange(1.0, 4.0)

    @functools.cache
    def places():
        return xp.asarray([0, 2, 1])

    def f(x):
        return xp.sum(x * table()) + xp.sum(x[places()] ** 2) + xp.sum(xp.stack([x, table()]))

    x = A[0, :]
    expected = [md.value_and_grad(f)(x), md.hessian(f)(x)]
    table.cache_clear()
    places.cache_clear()
    inside(f)
    (value, gradient), hessian = expected
    assert table()._backend.base is not None  # it is a tensor of the vmap
    assert f(x).item() == value.item()
    np.testing.assert_array_equal(md.grad(f)(x).as_numpy(), gradient.as_numpy())
    np.testing.assert_array_equal(md.hessian(f)(x).as_numpy(), hessian.as_numpy())
    moved = md.jvp(f, [x], [xp.ones(3)])[1]
    assert moved.item() == xp.sum(gradient).item()
    leaf = md.Tensor(x, allow_grad=True)
    f(leaf).backward()
    np.testing.assert_array_equal(leaf.grad.as_numpy(), gradient.as_numpy())
    for gradients in (md.vmap(md.grad(f))(A), md.grad(lambda a: xp.sum(md.vmap(f)(a)))(A)):
        np.testing.assert_allclose(gradients.as_numpy()[0], gradient.as_numpy())
    assert md.testing.gradcheck(f, [x])


def test_constants_of_an_inner_vmap():
    kept = []

    def inner(x):
        if not kept:
            kept.append(xp.asarray([1.0, 2.0, 3.0]))
        return xp.sum(x * kept[0])

    def f(xs):
        return xp.sum(md.vmap(inner)(xs)) + xp.sum(xs[0, :] * kept[0])

    stack = xp.stack([A, A])
    md.vmap(f)(stack)
    found = md.grad(f)(A).as_numpy()
    np.testing.assert_array_equal(found, [[2, 4, 6], [1, 2, 3]])
    found = md.vmap(md.grad(f))(stack).as_numpy()
    np.testing.assert_array_equal(found, [[[2, 4, 6], [1, 2, 3]]] * 2)


def test_a_constant_kept_can_be_used_in_every_way():
    kept = []
    inside(lambda x: (kept.append(xp.asarray([1.0, 2.0, 3.0])), x)[1])
    (table,) = kept
    assert table.tolist() == [1.0, 2.0, 3.0]
    assert repr(table) == "Tensor([1., 2., 3.])"
    assert float(table[1]) == 2.0
    assert pickle.loads(pickle.dumps(table)).tolist() == [1.0, 2.0, 3.0]
    np.testing.assert_array_equal((A + table).as_numpy(), A.as_numpy() + table.as_numpy())
    np.testing.assert_array_equal(
        md.vmap(lambda x, y: x * y, (0, None))(A, table).as_numpy()[0], [1, 4, 9]
    )
    np.testing.assert_array_equal(md.vmap(lambda x: x * 2.0)(table).as_numpy(), [2.0, 4.0, 6.0])
    np.testing.assert_array_equal(
        md.grad(lambda t: xp.sum(t**2))(table).as_numpy(), [2.0, 4.0, 6.0]
    )
    table += 1.0
    assert table.tolist() == [2.0, 3.0, 4.0]


@pytest.mark.parametrize(
    "use",
    [
        lambda y: y + 1.0,
        lambda y: A[0, :] + y,
        lambda y: y * y,
        lambda y: xp.sum(y),
        lambda y: xp.sort(y),
        lambda y: y[0],
        lambda y: y[xp.asarray([0])],
        lambda y: xp.stack([A[0, :], y]),
        lambda y: xp.matmul(A, y),
        lambda y: xp.reshape(y, (1, 3)),
        lambda y: A[0, xp.astype(y, xp.int64)],
        lambda y: md.grad(lambda x: xp.sum(x * y))(A[0, :]),
        lambda y: md.vmap(lambda x: x)(y),
        lambda y: md.vmap(lambda x: x * y)(A),
        lambda y: md.vmap(lambda x: xp.sin(y))(A),
        lambda y: md.vmap(lambda x: y)(A),
        lambda y: md.numpy.concatenate([y, y]),
    ],
)
def test_what_differs_from_sample_to_sample_cannot_be_kept(use):
    kept = []
    inside(lambda x: (kept.append(x * 2.0), x)[1])
    assert kept[0].shape == (3,)
    assert "batch of 2" in repr(kept[0])
    with pytest.raises(RuntimeError, match="a value of another vmap, which has ended, was kept"):
        use(kept[0])
    with pytest.raises(TypeError, match="inside vmap"):
        kept[0].as_numpy()


def test_a_pullback_of_samples_cannot_be_kept():
    pull = inside(lambda x: md.vjp(lambda x: x**2, x)[1])
    with pytest.raises(RuntimeError, match="has ended"):
        pull(xp.ones(3))


def test_weights_made_inside():
    """A layer that makes its weights when it is first called, inside a vmap."""

    class Layer:
        weights = None

        def __call__(self, x):
            if self.weights is None:
                self.weights = md.Tensor([1.0, 2.0, 3.0], allow_grad=True)
            return xp.sum(self.weights * x)

    layer = Layer()
    inside(layer)
    layer(A[0, :]).backward()
    np.testing.assert_array_equal(np.asarray(layer.weights.grad), [1.0, 2.0, 3.0])
    with pytest.raises(RuntimeError, match="allows gradients was made inside a vmap"):
        md.grad(layer)(A[0, :])


# ---- a loop over the samples


def test_the_warning_of_a_loop_is_at_the_line_that_calls():
    def one(x):
        return xp.searchsorted(x, xp.asarray([1.5]))

    def warned(f):
        with pytest.warns(RuntimeWarning) as caught:
            inside(f)
        (warning,) = caught
        assert warning.filename == __file__
        return warning.lineno

    assert warned(one) == one.__code__.co_firstlineno + 1
    inside(one)  # told once
    first = md.as_minidiff(lambda a: a * 2)
    second = md.as_minidiff(lambda a: a * 3)
    line = warned(lambda x: first(x))
    assert warned(lambda x: second(x)) == line + 1  # of the same name, and another one
    with pytest.warns(RuntimeWarning, match="isin") as caught:
        md.grad(lambda a: xp.sum(md.vmap(lambda x: x * xp.isin(x, x))(a)))(A)
    assert caught[0].filename == __file__
