"""What a copy before a write has to keep: which reshapes of it are views."""

import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np
from minidiff.backends import numpy_backend


def shares(array, shape):
    """Whether the array, reshaped, shows the same memory."""
    return np.shares_memory(array.reshape(shape), array)


def shapes_of(size):
    return [(size,), *((n, size // n) for n in range(1, size + 1) if size % n == 0)]


def test_copies_are_reshaped_as_their_originals():
    rng = np.random.default_rng(4)
    views = copies = 0
    for _ in range(400):
        full = rng.normal(size=rng.integers(1, 6, size=rng.integers(1, 4)))
        steps = tuple(slice(None, None, int(rng.choice([1, 1, -1, 2]))) for _ in full.shape)
        array = full[steps].transpose(rng.permutation(full.ndim))
        copy = numpy_backend.copy(array)
        np.testing.assert_array_equal(copy, array)
        assert not np.shares_memory(copy, array)
        assert numpy_backend.layout(copy) == numpy_backend.layout(array) or 1 in array.shape
        for shape in shapes_of(array.size):
            assert shares(copy, shape) is shares(array, shape)
            views += shares(array, shape)
            copies += not shares(array, shape)
    assert min(views, copies) > 200


@pytest.mark.parametrize("tracked", [False, True])
@pytest.mark.parametrize("kept", [False, True])
def test_a_write_through_a_reshape_of_rows_that_run_backwards(kept, tracked):
    x = xp.asarray(np.arange(6.0).reshape(2, 3)[:, ::-1])
    ones = md.Tensor(np.ones((2, 3)), allow_grad=True)
    factor = md.Tensor(2.0, allow_grad=True)
    product = ones * x if kept else None  # which holds x, so that the next write copies it
    flat = xp.reshape(xp.flip(x, axis=1), (6,))  # a view
    x *= factor if tracked else 2.0
    flat[0] = 500.0
    np.testing.assert_array_equal(x.as_numpy(), [[4.0, 2.0, 500.0], [10.0, 8.0, 6.0]])
    if tracked:
        xp.sum(x).backward()
        assert factor.grad.item() == 15.0
    if kept:
        xp.sum(product).backward()
        np.testing.assert_array_equal(ones.grad.as_numpy(), [[2.0, 1.0, 0.0], [5.0, 4.0, 3.0]])


@pytest.mark.parametrize("kept", [False, True])
def test_gaps_in_memory_are_kept(kept):
    """Every second row and column laid flat is a copy, whether a graph held the array or not."""
    start = np.arange(48.0).reshape(6, 8)[::2, ::2]
    x, expected = xp.asarray(start), 2 * start.ravel()
    if kept:
        product = md.Tensor(np.ones((3, 4)), allow_grad=True) * x
    x *= 2
    flat = xp.reshape(x, (12,))
    x *= 10
    np.testing.assert_array_equal(flat.as_numpy(), expected)
    assert not kept or product.shape == (3, 4)


@pytest.mark.parametrize("axes", [(0, 1), (1, 0)])
@pytest.mark.parametrize("turned", [(), (0,), (1,)])
def test_the_gradient_of_a_write_is_laid_out_as_the_base(axes, turned):
    """A view that exists on the base has to exist on its gradient, first and second order."""
    start = np.arange(1.0, 7.0).reshape(2, 3)

    def function(namespace, x):
        base = namespace.flip(namespace.permute_dims(x * x, axes), axis=turned) * 1.0
        base = namespace.permute_dims(namespace.flip(base, axis=turned), axes)
        flat = namespace.reshape(base, (6,))
        flat[1:3] = flat[3:5] * 2.0
        return base

    weights = np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -1.0]])
    x = md.Tensor(start, allow_grad=True)
    out = function(xp, x)
    np.testing.assert_allclose(out.as_numpy(), function(np, start))
    xp.sum(out * weights).backward(allow_higher_order=True)
    step = 1e-30
    expected = np.empty((2, 3))
    for place in np.ndindex(2, 3):
        moved = start.astype(complex)
        moved[place] += 1j * step
        expected[place] = np.sum(function(np, moved) * weights).imag / step
    np.testing.assert_allclose(x.grad.as_numpy(), expected, rtol=1e-14)
    xp.sum(x.grad).backward()
    np.testing.assert_allclose(x.grad.as_numpy(), expected / start, rtol=1e-14)
