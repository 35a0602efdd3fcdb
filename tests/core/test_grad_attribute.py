"""`.grad`: what may be put there, and which tensors a pass leaves one on."""

import array_api_strict
import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np

strict = md.wrap(array_api_strict)


def leaf(data):
    return md.Tensor(data, allow_grad=True)


def test_a_retained_gradient_can_be_cleared_and_replaced():
    x = leaf([1.0, 2.0])
    y = x * 2
    z = xp.sum(y * y)
    z.backward(retain_grads=True, cleanup_mode="keep")
    np.testing.assert_array_equal(y.grad.as_numpy(), [4.0, 8.0])
    y.grad = None
    assert y.grad is None
    y.grad = md.ones(2)
    np.testing.assert_array_equal(y.grad.as_numpy(), [1.0, 1.0])
    z.backward(retain_grads=True)  # the newest counts
    np.testing.assert_array_equal(y.grad.as_numpy(), [4.0, 8.0])


@pytest.mark.parametrize("way", ["retain_grads", "retain_grad"])
@pytest.mark.parametrize("higher", [False, True])
def test_a_retained_gradient_is_not_changed_by_the_way_back_through_a_write(way, higher):
    """The pass owns that buffer, and puts zeros where something was written."""
    x = leaf([1.0, 2.0, 3.0])
    y = x * 2
    if way == "retain_grad":
        y.retain_grad()
    y[0] = 5.0
    if way == "retain_grad":
        y.retain_grad()
    loss = xp.sum(y) + xp.sum(y * 3)
    loss.backward(retain_grads=way == "retain_grads", allow_higher_order=higher)
    np.testing.assert_array_equal(y.grad.as_numpy(), [4.0, 4.0, 4.0])
    np.testing.assert_array_equal(x.grad.as_numpy(), [0.0, 8.0, 8.0])


def test_a_leaf_that_no_longer_asks_gets_none():
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    y = x * w
    x.allow_grad = False
    y.backward()
    assert x.grad is None
    np.testing.assert_array_equal(w.grad.as_numpy(), [1.0, 2.0])
    y = x * w
    w.allow_grad = False
    w.allow_grad, w.grad = True, None  # a new leaf, to which the old graph does not lead
    y.backward()
    assert w.grad is None


def test_only_gradients_that_fit_can_be_set():
    x = leaf([1.0, 2.0])
    with pytest.raises(TypeError, match=r"this one is int64 on numpy"):
        x.grad = md.asarray([1, 2])
    with pytest.raises(TypeError, match=r"float64 on array_api_strict"):
        x.grad = strict.ones(2)
    x.grad = md.asarray([1.0, 2.0], dtype=md.float32)
    (x * x).backward(reset_grads=False)
    np.testing.assert_array_equal(x.grad.as_numpy(), [3.0, 6.0])


def test_a_seed_lives_where_the_result_does():
    y = leaf([1.0, 2.0]) * 2
    with pytest.raises(TypeError, match=r"backward: one array is on numpy.*array_api_strict"):
        y.backward(strict.ones(2))
    y.backward(md.ones(2))
