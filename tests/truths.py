"""Functions to differentiate, and their derivatives from their values alone."""

import minidiff as md
import minidiff.array_api as xp
import numpy as np
from reference import directional_derivative

A = np.array([0.3, -0.5, 0.8, 0.2, 1.1])
V = np.array([1.0, -2.0, 0.5, 0.25, 0.7])


def leaf(data):
    return md.Tensor(data, allow_grad=True)


def close(tensor, expected, rtol=1e-9):
    assert type(tensor) is md.Tensor
    expected = expected.as_numpy() if type(expected) is md.Tensor else np.asarray(expected)
    assert tensor.shape == expected.shape
    np.testing.assert_allclose(tensor.as_numpy(), expected, rtol=rtol, atol=1e-10)


def number(x):
    """Neighbours and far elements meet in it, so that no Hessian of it is diagonal."""
    return xp.sum(xp.sin(x) * x) + xp.sum(xp.tanh(x[1:] * x[:-1])) / 3 + xp.prod(x[1:])


def vector(x):
    return xp.stack([xp.sum(x**2), x[0] * x[4], xp.sin(x[1]), xp.exp(x[2] * x[3]), x[1], x[4] ** 3])


def truth(f, x, v, step=1e-3):
    """The derivative of f along v, from values of f."""

    def values(a):
        return f(xp.asarray(a)).as_numpy()

    return directional_derivative(values, [x], [v], step)[0]


def matrix(f, x):
    """The Jacobian, from values of f."""
    return np.stack([truth(f, x, e) for e in np.eye(x.size)], axis=-1)
