"""Hooks on tensors, and gradients kept on intermediates."""

import gc
import weakref

import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np

same = np.testing.assert_array_equal


def leaf(values=(1.0, 2.0)):
    return md.Tensor(list(values), allow_grad=True)


def test_a_hook_on_a_leaf_sees_the_whole_gradient_once():
    x, seen = leaf(), []
    x.register_hook(lambda g: seen.append(g.as_numpy().copy()))
    (x * 3 + x * x).backward()
    assert len(seen) == 1
    same(seen[0], [5.0, 7.0])
    same(x.grad.as_numpy(), [5.0, 7.0])


def test_what_a_hook_on_a_leaf_returns_becomes_the_gradient():
    x = leaf()
    x.register_hook(lambda g: xp.clip(g, max=4.0))
    (x * x * x).backward()
    same(x.grad.as_numpy(), [3.0, 4.0])


@pytest.mark.parametrize("tensors", [False, True])
def test_a_hook_on_an_intermediate_changes_what_goes_on(tensors):
    x = leaf()
    y = xp.sin(x)
    z = y * y
    y.register_hook(lambda g: g * 10)
    z.backward(allow_higher_order=tensors)
    expected = 10 * np.sin([2.0, 4.0])
    np.testing.assert_allclose(x.grad.as_numpy(), expected, rtol=1e-14)


def test_a_hook_also_serves_uses_before_it_was_registered():
    x = leaf()
    y = x * 2
    z = y + 1
    y.register_hook(lambda g: g * 5)
    z.backward()
    same(x.grad.as_numpy(), [10.0, 10.0])


def test_a_hook_is_differentiated_with_the_pass():
    x = leaf()
    y = x * x
    y.register_hook(lambda g: g * x)
    y.backward(allow_higher_order=True)  # 2 x * x
    x.grad.backward()
    same(x.grad.as_numpy(), [4.0, 8.0])


def test_hooks_run_in_order_and_can_be_removed():
    x = leaf()
    first = x.register_hook(lambda g: g + 1)
    x.register_hook(lambda g: g * 10)
    y = x * 2
    y.backward(cleanup_mode="keep")
    same(x.grad.as_numpy(), [30.0, 30.0])
    first.remove()
    first.remove()
    y.backward(cleanup_mode="keep")
    same(x.grad.as_numpy(), [20.0, 20.0])
    with x.register_hook(lambda g: g * 0):
        y.backward(cleanup_mode="keep")
        same(x.grad.as_numpy(), [0.0, 0.0])
    y.backward()
    same(x.grad.as_numpy(), [20.0, 20.0])


def test_a_hook_may_remove_itself():
    x, seen = leaf(), []

    def once(g):
        seen.append(1)
        handle.remove()

    handle = x.register_hook(once)
    for _ in range(2):
        (x * 2).backward()
    assert seen == [1]


@pytest.mark.parametrize(
    "make",
    [
        lambda x: xp.sum(x, axis=0),
        lambda x: x[0:1],
        lambda x: xp.concat([x, x]),
        lambda x: xp.linalg.qr(xp.reshape(x, (2, 1))).R,
        lambda x: x @ x,
    ],
)
def test_hooks_on_results_of_every_kind_of_row(make):
    x = leaf()
    make(x).backward()
    plain = x.grad.as_numpy().copy()
    y = make(x)
    y.register_hook(lambda g: 3 * g)
    y.backward()
    np.testing.assert_allclose(x.grad.as_numpy(), 3 * plain)


def test_a_kept_gradient_is_not_written_by_the_pass():
    x, seen = leaf(), []
    y = x * 2
    y.register_hook(seen.append)
    z = y + y + y
    z.backward()
    same(seen[0].as_numpy(), [3.0, 3.0])
    same(x.grad.as_numpy(), [6.0, 6.0])


def test_float32_and_complex_hooks_stay_in_their_space():
    x = md.Tensor(np.ones(2, np.float32), allow_grad=True)
    x.register_hook(lambda g: xp.astype(g, xp.float64) * 2)
    (x * x).backward()
    assert x.grad.dtype == xp.float32
    x = md.Tensor([1.0, 2.0], allow_grad=True)
    x.register_hook(lambda g: g * (1 + 1j))
    (x * x).backward()
    same(x.grad.as_numpy(), [2.0, 4.0])


def test_retain_grad_leaves_the_gradient_of_an_intermediate():
    x = leaf()
    y = x * 3
    y.retain_grad()
    y.register_hook(lambda g: g * 2)
    (y * y).backward(cleanup_mode="keep")
    same(y.grad.as_numpy(), [12.0, 24.0])
    x.retain_grad()  # harmless
    assert x.grad is not None


def test_hooks_leave_no_object_behind():
    gc.collect()
    gc.disable()
    try:
        x = leaf()
        y = x * 3
        y.register_hook(lambda g: g * 2)
        y.retain_grad()
        z = y * y
        z.backward(cleanup_mode="keep")
        grad, node = weakref.ref(y.grad), y.op_node
        del node, y, z
        assert grad() is None
    finally:
        gc.enable()


def test_errors():
    constant = md.Tensor([1.0])
    with pytest.raises(RuntimeError, match="register_hook: no gradient will come"):
        constant.register_hook(print)
    with pytest.raises(RuntimeError, match="retain_grad: no gradient will come"):
        constant.retain_grad()
    with pytest.raises(TypeError, match="takes a function, not int"):
        leaf().register_hook(3)
    x = leaf()
    x.register_hook(lambda g: g[0:1])
    with pytest.raises(
        TypeError, match=r"gradient's shape \(2,\), and this one returned shape \(1,\)"
    ):
        (x * x).backward()
