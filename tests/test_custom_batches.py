"""Operations of one's own inside vmap: their own gradients, for the transforms outside too."""

import itertools

import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np
from minidiff import _rows

X = np.array([[0.5, 2.0], [0.3, 0.4], [1.5, 0.6]])
Y = np.array([[1.5, 0.7], [1.3, 2.4], [0.5, 0.9]])

# The gradient is another one than the forward function's, so that a test sees which was taken.
twice = md.create_binary_op_func(
    lambda x, y: x * y**2,
    lambda x, y, grad: 2 * grad * y**2,
    lambda x, y, grad: 4 * grad * x * y,
    op_name="twice",
)
# What has no gradient function is a constant.
half = md.create_binary_op_func(
    lambda x, y: xp.sum(x * y) * xp.ones(2), lambda x, y, grad: grad * y
)


class Saved(md.BinaryOpClass):
    """Its gradients use what the forward function has saved."""

    def create_forward(self):
        def forward(x, y, scale=1.0):
            self.share = xp.sin(x * y) * scale
            return xp.exp(self.share)

        return forward

    def create_grads(self):
        return [
            lambda x, y, grad, scale=1.0: 3 * grad * self.share * y,
            lambda x, y, grad, scale=1.0: grad * self.share**2,
        ]


saved = md.create_stateful_op_func(Saved, propagate_kwargs=True)
OPERATIONS = {
    "twice": twice,
    "half": half,
    "saved": saved,
    "saved with a keyword": lambda x, y: saved(x, y, scale=0.5),
    "with a number": lambda x, y: twice(x, 3.0) + twice(0.5, y),
    "inside a function": lambda x, y: xp.sum(twice(xp.sin(x), y)) * saved(y, x),
}
INNER = {
    "value": lambda f: f,
    "grad": lambda f: md.grad(lambda x, y: xp.sum(f(x, y))),
    "grad in y": lambda f: md.grad(lambda x, y: xp.sum(f(x, y) ** 2), 1),
    "jvp": lambda f: lambda x, y: md.jvp(f, [x, y], [y, x])[1],
    "hessian": lambda f: md.hessian(lambda x, y: xp.sum(f(x, y) ** 2)),
    "checkpoint": md.checkpoint,
}
OUTER = {
    "value": lambda f, x, y: f(x, y),
    "grad": lambda f, x, y: md.grad(lambda x: xp.sum(f(x, y) ** 2))(x),
    "grad in y": lambda f, x, y: md.grad(lambda y: xp.sum(f(x, y) ** 2))(y),
    "jvp": lambda f, x, y: md.jvp(f, [x, y], [xp.sin(x), xp.cos(y)])[1],
    "jacobian": lambda f, x, y: md.jacobian(lambda x: f(x, y), mode="reverse")(x),
    "jacobian forward": lambda f, x, y: md.jacobian(lambda x: f(x, y), mode="forward")(x),
    "hessian": lambda f, x, y: md.hessian(lambda x: xp.sum(f(x, y) ** 2))(x),
    "vmap": lambda f, x, y: md.vmap(lambda s: f(x * s, y))(xp.asarray([1.0, 2.0])),
}


def stacked(f, axes):
    def call(x, y):
        pairs = [(x[i, :] if axes[0] == 0 else x, y[i, :] if axes[1] == 0 else y) for i in range(3)]
        return xp.stack([f(*pair) for pair in pairs])

    return call


@pytest.mark.parametrize("axes", [(0, 0), (0, None), (None, 0)])
@pytest.mark.parametrize("outer", OUTER)
@pytest.mark.parametrize("inner", INNER)
@pytest.mark.parametrize("name", OPERATIONS)
def test_as_in_a_loop(name, inner, outer, axes, monkeypatch):
    monkeypatch.setattr(_rows, "FEW", 10**9)
    f = INNER[inner](OPERATIONS[name])
    x, y = (xp.asarray(a if axis == 0 else a[0]) for a, axis in zip((X, Y), axes, strict=True))
    expected = OUTER[outer](stacked(f, axes), x, y).as_numpy()
    monkeypatch.setattr(_rows, "FEW", 0)
    found = OUTER[outer](md.vmap(f, axes), x, y).as_numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


def test_in_vmap_of_vmap():
    stack = xp.asarray(np.stack([X, X + 1]))
    for f, outer in itertools.product((twice, saved), (lambda f: f, lambda f: md.grad(f))):

        def total(stack, f=f):
            return xp.sum(md.vmap(md.vmap(f, (0, None)), (0, None))(stack, xp.asarray(Y[0])))

        def loop(stack, f=f):
            return xp.sum(
                xp.stack([f(stack[i, j, :], xp.asarray(Y[0])) for i in (0, 1) for j in (0, 1, 2)])
            )

        np.testing.assert_allclose(
            outer(total)(stack).as_numpy(), outer(loop)(stack).as_numpy(), rtol=1e-12
        )


def test_leaves_and_backward():
    x, y = md.Tensor(X, allow_grad=True), md.Tensor(Y[0], allow_grad=True)
    xp.sum(md.vmap(twice, (0, None))(x, y)).backward()
    np.testing.assert_allclose(x.grad.as_numpy(), np.broadcast_to(2 * Y[0] ** 2, X.shape))
    np.testing.assert_allclose(y.grad.as_numpy(), 4 * (X * Y[0]).sum(axis=0))


def test_functions_on_raw_arrays_run_in_a_loop_and_warn_once_a_line():
    def raw(a, b, *, scale):
        assert type(a) is np.ndarray
        return np.sinc(a) * scale, a.sum() * b

    function = md.as_minidiff(raw)
    with pytest.warns(RuntimeWarning, match="raw has no form for batches"):
        first, second = md.vmap(lambda x: function(x, 2.0, scale=3.0))(xp.asarray(X))
    np.testing.assert_allclose(first.as_numpy(), np.sinc(X) * 3)
    np.testing.assert_allclose(second.as_numpy(), X.sum(axis=1) * 2)
    again = md.vmap(lambda x, y: function(x, y, scale=1.0)[1], (0, None))
    with pytest.warns(RuntimeWarning, match="raw has no form for batches"):  # another line
        again(xp.asarray(X), xp.asarray(Y))
    np.testing.assert_allclose(
        again(xp.asarray(X), xp.asarray(Y)).as_numpy(), X.sum(axis=1)[:, None, None] * Y
    )


def test_a_gradient_of_a_function_on_raw_arrays():
    sine = md.create_unary_op_func(
        md.as_minidiff(np.sin), lambda x, grad: grad * xp.cos(x), op_name="sine"
    )
    with pytest.warns(RuntimeWarning, match="sin has no form for batches"):
        found = md.grad(lambda x: xp.sum(md.vmap(sine)(x)))(xp.asarray(X))
    np.testing.assert_allclose(found.as_numpy(), np.cos(X))
