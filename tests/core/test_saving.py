"""Saved-value hooks: what a graph keeps, in another form until the backward pass needs it."""

import gc
import pickle
import threading
import tracemalloc
import weakref

import array_api_strict
import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np

A = np.array([[0.5, 1.5, 0.25], [2.0, 0.75, 1.0]])


def leaf(data=A):
    return md.Tensor(data, allow_grad=True)


class Spy:
    """Packs to NumPy arrays, and counts."""

    def __init__(self):
        self.packed, self.unpacked = [], 0

    def pack(self, tensor):
        assert type(tensor) is md.Tensor
        assert not tensor.allow_grad
        self.packed.append(tensor.as_numpy().copy())
        return len(self.packed) - 1

    def unpack(self, number):
        self.unpacked += 1
        return md.asarray(self.packed[number])

    def hooks(self):
        return md.saved_tensors_hooks(self.pack, self.unpack)


def into_place(x):
    z = xp.zeros_like(x)
    z[:, 1:] = x[:, :-1] * x[:, 1:]
    z *= x
    return z


PROGRAMS = {
    "elementwise": lambda x: xp.sin(x) * xp.exp(x) / x,
    "numbers beside": lambda x: 2.0 / x + x**3,
    "linear and bilinear": lambda x: xp.matmul(x, xp.matrix_transpose(x * x)),
    "reductions": lambda x: xp.prod(x, axis=1) + xp.max(x, axis=1) + xp.std(x, axis=1),
    "indices": lambda x: (
        x[xp.asarray([0, 0, 1]), 1:] ** 2 + xp.take(x, xp.asarray([1, 2]), axis=1)[:1]
    ),
    "several results": lambda x: xp.linalg.svd(x, full_matrices=False).U * xp.sin(x[:, :2]),
    "lists": lambda x: xp.concat([x * x, xp.exp(x)], axis=1),
    "masks": lambda x: xp.where(x > 0.6, x * x, xp.sin(x)),
    "writes": into_place,
    "complex": lambda x: xp.real((x * 1j + x) ** 3),
    "an operation of one's own": lambda x: md.create_unary_op_func(
        lambda x: x**3, lambda x, grad: grad * 3 * x**2
    )(x),
    "checkpoint": md.checkpoint(lambda x: xp.sin(x) ** 2),
}


def derivatives(program, hooks):
    x = leaf()
    with hooks:
        y = xp.sum(program(x) * 1.5)
    y.backward(cleanup_mode="keep")
    first = x.grad
    y.backward(allow_higher_order=True)
    xp.sum(x.grad * x.grad * x).backward()
    return first.as_numpy(), x.grad.as_numpy()


@pytest.mark.parametrize("name", PROGRAMS)
def test_derivatives_are_the_same_to_second_order(name):
    spy = Spy()
    found = derivatives(PROGRAMS[name], spy.hooks())
    expected = derivatives(PROGRAMS[name], md.enable_grad())
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-13)
    assert spy.packed
    assert spy.unpacked


def test_what_is_kept_is_what_was_packed():
    """The graph holds no array of its own: a change of what was packed changes the gradient."""
    spy, x = Spy(), leaf()
    with spy.hooks():
        y = xp.sum(x * x)
    (kept,) = spy.packed  # once, though both sides keep it
    kept[...] = 10.0
    y.backward()
    assert x.grad.tolist() == [[20.0] * 3] * 2


def test_nothing_is_unpacked_twice_in_a_pass_nor_packed_outside():
    spy, x = Spy(), leaf()
    with spy.hooks():
        y = xp.sin(x)
    z = xp.cos(y)
    assert len(spy.packed) == 1
    assert spy.unpacked == 0
    xp.sum(z).backward()
    assert spy.unpacked == 1


def test_half_precision():
    x = leaf(np.linspace(0.1, 1.0, 2000))

    def pack(t):
        return t.as_numpy().astype(np.float16)

    with md.saved_tensors_hooks(pack, md.asarray):
        y = xp.sum(xp.exp(xp.sin(x) * x))
    y.backward()
    half = x.grad
    assert half.dtype == xp.float64
    y = xp.sum(xp.exp(xp.sin(x) * x))
    y.backward()
    np.testing.assert_allclose(half.as_numpy(), x.grad.as_numpy(), rtol=3e-3)
    assert not np.array_equal(half.as_numpy(), x.grad.as_numpy())


def test_on_disk_the_memory_falls(tmp_path):
    def pack(t):
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.npy"
        np.save(path, t.as_numpy())
        return path

    def unpack(path):
        found = md.asarray(np.load(path))
        path.unlink()
        return found

    def kept(hooks):
        x = leaf(np.ones(100_000))
        gc.collect()
        tracemalloc.start()
        with hooks:
            y = x
            for _ in range(10):
                y = xp.sin(y)
        size = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        xp.sum(y).backward()
        return size / 800_000, x.grad.as_numpy()

    in_memory, expected = kept(md.enable_grad())
    on_disk, found = kept(md.saved_tensors_hooks(pack, unpack))
    assert in_memory > 9.9
    assert on_disk < 1.2  # the result itself
    np.testing.assert_array_equal(found, expected)
    assert list(tmp_path.iterdir()) == []


def test_indices_and_masks_stay_as_they_are():
    kinds = set()

    def pack(t):
        kinds.add(t.dtype.kind)
        return t

    x = leaf()
    with md.saved_tensors_hooks(pack, lambda t: t):
        y = xp.sum(xp.where(x > 1, x, 0.0)[:, xp.asarray([0, 2])] * x[:, 1:])
    y.backward()
    assert kinds == {"f"}


def test_as_a_decorator_and_inside_each_other():
    outer, inner, x = Spy(), Spy(), leaf()

    @outer.hooks()
    def f(x):
        y = xp.sin(x)
        with inner.hooks():
            y = xp.cos(y)
        return xp.exp(y)

    xp.sum(f(x)).backward()
    assert (len(outer.packed), len(inner.packed)) == (2, 1)
    expected = -np.exp(np.cos(np.sin(A))) * np.sin(np.sin(A)) * np.cos(A)
    np.testing.assert_allclose(x.grad.as_numpy(), expected)


def test_with_transforms():
    spy = Spy()
    x = xp.asarray(A[0])

    def f(x):
        return xp.sum(xp.sin(x) * x)

    hessian, jvp = md.hessian(f)(x), md.jvp(md.grad(f), [x], [x])[1]
    rows = md.vmap(md.grad(f))(xp.asarray(A))
    with spy.hooks():
        np.testing.assert_allclose(md.hessian(f)(x).as_numpy(), hessian.as_numpy())
        np.testing.assert_allclose(md.jvp(md.grad(f), [x], [x])[1].as_numpy(), jvp.as_numpy())
    assert spy.packed
    with md.saved_tensors_hooks(lambda t: t * 1.0, lambda t: t):
        np.testing.assert_allclose(md.vmap(md.grad(f))(xp.asarray(A)).as_numpy(), rows.as_numpy())


def test_with_hooks_on_gradients_anomaly_and_retained_gradients():
    spy, x = Spy(), leaf()
    with spy.hooks(), md.detect_anomaly():
        y = xp.sin(x)
        z = xp.sum(y * y)
        seen = []
        y.register_hook(lambda g: seen.append(g) or g * 2)
        z.backward(retain_grads=True)
    np.testing.assert_allclose(x.grad.as_numpy(), 4 * np.sin(A) * np.cos(A))
    np.testing.assert_allclose(y.grad.as_numpy(), 4 * np.sin(A))
    assert len(seen) == 1


@pytest.mark.parametrize("mode", ["prune", "destroy", "keep"])
def test_packed_values_die_with_the_graph(mode):
    alive = []

    class Value:
        def __init__(self, tensor):
            self.array = tensor.as_numpy()
            alive.append(weakref.ref(self))

    x = leaf()
    gc.disable()
    try:
        with md.saved_tensors_hooks(Value, lambda value: value.array):
            y = xp.sum(xp.exp(xp.sin(x)) * x)
        assert sum(one() is not None for one in alive) == len(alive) == 2
        y.backward(cleanup_mode=mode)
        if mode == "keep":
            y.backward(cleanup_mode="keep")
            del y
        assert not any(one() is not None for one in alive)
    finally:
        gc.enable()


def test_a_walk_that_fails_leaves_the_graph_as_it_was():
    broken, x = [True], leaf()

    def unpack(t):
        if broken[0]:
            raise OSError("the disk is full")
        return t

    with md.saved_tensors_hooks(lambda t: t, unpack):
        y = xp.sum(xp.sin(x) * x)
    with pytest.raises(OSError, match="disk"):
        y.backward(cleanup_mode="keep")
    broken[0] = False
    y.backward()
    np.testing.assert_allclose(x.grad.as_numpy(), np.cos(A) * A + np.sin(A))


def test_over_other_libraries():
    for bare in (array_api_strict, pytest.importorskip("torch")):
        lib, x = (
            md.wrap(bare),
            md.Tensor(bare.asarray(A.tolist(), dtype=bare.float64), allow_grad=True),
        )
        with md.saved_tensors_hooks(
            lambda t: pickle.dumps(t.as_numpy()), lambda b, bare=bare: bare.asarray(pickle.loads(b))
        ):
            y = lib.sum(lib.sin(x) * x)
        y.backward()
        np.testing.assert_allclose(x.grad.as_numpy(), np.cos(A) * A + np.sin(A))


def test_another_thread_does_not_notice():
    spy = Spy()
    with spy.hooks():
        thread = threading.Thread(target=lambda: xp.sum(xp.sin(leaf())).backward())
        thread.start()
        thread.join()
    assert not spy.packed


def test_errors():
    with pytest.raises(TypeError, match="two functions"):
        md.saved_tensors_hooks(None, lambda t: t)
    x = leaf()
    with md.saved_tensors_hooks(lambda t: t, lambda t: t[0, :]):
        y = xp.sum(x * x)
    with pytest.raises(ValueError, match=r"shape \(3,\) for values of shape \(2, 3\)"):
        y.backward()


def test_memory_report_and_drawing():
    x = leaf(np.ones(1000))
    with md.saved_tensors_hooks(lambda t: t.as_numpy().astype(np.float16), md.asarray):
        y = xp.sum(xp.sin(x) * x)
    assert md.graph_memory(y).bytes == 2 * 2 * 1000
    assert "sin" in md.draw_graph(y).dot()
