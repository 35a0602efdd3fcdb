"""Gradients of slices, and of their differences, which are added up where they belong."""

import array_api_strict
import pytest

import minidiff as md
import numpy as np
from minidiff.array_api._indexing import take_off_in_buffer
from minidiff.core.words import view


def twice_from(part):
    return part - part[::-1] + 3.0 * part


# Linear functions of x, of shape (6,) or (4, 3), so that their derivatives are their own values.
DIFFERENCES = {
    "neighbours": lambda x: x[1:] - x[:-1],
    "the other way": lambda x: x[:-1] - x[1:],
    "far apart": lambda x: x[3:] - x[:-3],
    "with a step": lambda x: x[1::2] - x[::2],
    "backwards": lambda x: x[::-1] - x[::1],
    "a part and itself": lambda x: (lambda part: part - part)(x[1:]),
    "a part used again": lambda x: twice_from(x[1:]),
    "a part used later": lambda x: (lambda a, b: (a - b) * 2.0 + a * 5.0 - b)(x[1:], x[:-1]),
    "of two": lambda x: (2.0 * x)[1:] - (3.0 * x)[:-1],
    "from all": lambda x: x - x[:],
    "from a number": lambda x: 0.0 - x[2:],
    "broadcast": lambda x: x - x[:1],
    "the first broadcast": lambda x: x[:1] - x[2:],
    "the second broadcast": lambda x: x[2:] - x[:1],
    "of nothing": lambda x: x[3:3] - x[1:1],
    "again and again": lambda x: (lambda y: y[1:] - y[:-1])(x[1:] - x[:-1]),
    "view of a view": lambda x: x[1:][1:] - x[:-1][:-1],
    "whole as well": lambda x: (lambda d: d * x[1:].shape[0] + x[1:])(x[1:] - x[:-1]),
    "not slices alone": lambda x: x[1:, ...] - x[:-1, ...],
}


@pytest.mark.parametrize(
    ("library", "shape"), [("numpy", (6,)), ("numpy", (4, 3)), ("strict", (6,))]
)
@pytest.mark.parametrize("name", DIFFERENCES)
def test_differences_of_parts(name, shape, library):
    f = DIFFERENCES[name]
    rng = np.random.default_rng(0)
    point = rng.normal(size=shape)
    weights = rng.normal(size=f(point).shape)
    start = point if library == "numpy" else array_api_strict.asarray(point)
    x = md.Tensor(start, allow_grad=True)
    y = f(x)
    seed = md.Tensor(weights if library == "numpy" else array_api_strict.asarray(weights))
    y.backward(seed, cleanup_mode="keep")
    units = np.eye(point.size).reshape(-1, *shape)
    expected = [np.sum(f(unit) * weights) for unit in units]
    np.testing.assert_allclose(x.grad.as_numpy().reshape(-1), expected, atol=1e-13)
    y.backward(seed)  # the first pass has written into nothing that the graph keeps
    np.testing.assert_allclose(x.grad.as_numpy().reshape(-1), expected, atol=1e-13)
    np.testing.assert_array_equal(seed.as_numpy(), weights)


def test_difference_of_two_dtypes():
    x = md.Tensor(np.arange(5.0), allow_grad=True)
    y = md.Tensor(np.arange(5, dtype=np.float32), allow_grad=True)
    md.sum((x[1:] - y[:-1]) * 3.0 + y[1:]).backward()
    assert y.grad.dtype == np.float32
    np.testing.assert_array_equal(y.grad.as_numpy(), [-3, -2, -2, -2, 1])
    np.testing.assert_array_equal(x.grad.as_numpy(), [0, 3, 3, 3, 3])


def test_hooks_and_kept_gradients_of_a_part():
    x = md.Tensor([1.0, 2.0, 4.0], allow_grad=True)
    first, second = x[1:], x[:-1]
    seen = []
    second.register_hook(lambda g: seen.append(g.as_numpy().tolist()))
    first.retain_grad()
    md.sum((first - second) ** 2).backward()
    assert seen == [[-2.0, -4.0]]
    assert first.grad.as_numpy().tolist() == [2.0, 4.0]
    assert x.grad.as_numpy().tolist() == [-2.0, -2.0, 4.0]


def test_parts_made_outside_a_checkpoint():
    """There a pass of its own ends, and leaves their gradients to the outer one."""
    w = md.Tensor([1.0, 2.0, 4.0, 8.0], allow_grad=True)
    a, b = w[1:], w[:-1]
    x = md.asarray([1.0, 2.0, 3.0])
    for difference in (
        lambda x: x * (a - b),
        lambda x: x * (w[1:] - b),
        lambda x: x * (a - w[:-1]),
    ):
        md.sum(md.checkpoint(difference)(x)).backward(cleanup_mode="keep")
        assert w.grad.tolist() == [-1.0, -1.0, -1.0, 3.0]
    md.sum(md.checkpoint(lambda x: x * (w[1:] - b))(x)).backward(
        retain_grads=True, cleanup_mode="keep"
    )
    assert b.grad.tolist() == [-1.0, -2.0, -3.0]
    md.sum(md.checkpoint_sequence([lambda x: x * (a - b)] * 4, x / x)).backward()
    assert w.grad.tolist() == [-4.0, -28.0, -224.0, 256.0]
    found = md.grad(
        lambda x: md.sum(md.grad(lambda y: md.sum(y * (a - b) * (x[1:] - x[:-1])))(x[1:]))
    )
    assert found(md.asarray([1.0, 2.0, 4.0, 8.0])).tolist() == [-1.0, -1.0, -2.0, 4.0]


def test_a_part_whose_gradient_was_passed_on_begins_anew():
    """What is handed to it afterwards is somebody else's, and nothing is added into that."""
    x = md.Tensor([1.0, 2.0, 4.0, 8.0], allow_grad=True)
    c = md.Tensor([1.0, 1.0, 1.0], allow_grad=True)
    a, b = x[1:], x[:-1]
    older = a * 7.0
    shared = a + c  # hands what arrives to a and to c
    md.sum(older + shared + (a - b) + a * 2.0 + a * 3.0).backward()  # the sums are two arrays of a
    assert c.grad.tolist() == [1.0, 1.0, 1.0]
    assert x.grad.tolist() == [-1.0, 13.0, 13.0, 14.0]


def test_neighbours_make_no_array_of_minus_g(monkeypatch):
    taken = []

    def counted(walk, node, g):
        taken.append(take_off_in_buffer(walk, node, g))
        return taken[-1]

    monkeypatch.setattr(md.array_api.subtract.rule, "special2", counted)
    x = md.Tensor(np.arange(5.0), allow_grad=True)
    md.sum((x[1:] - x[:-1]) ** 2).backward()
    assert taken == [True]
    md.sum((2.0 - x[:-1]) ** 2).backward()
    assert taken == [True, False]


def test_a_users_view_that_copies():
    """Only of x[a:b] itself is it known that it is a view."""

    @md.linear(x=lambda xp, g, x_shape, key: xp.scatter_add(g * 2.0, key, x_shape))
    @view
    def twice(xp, x, key, /):
        return xp.getitem(x, key) * 2.0

    x = md.Tensor([1.0, 2.0, 3.0], allow_grad=True) * 1.0
    y = twice(x, slice(0, 2))
    x[0] = 10.0
    assert y.tolist() == [2.0, 4.0]
