"""saved_tensors_hooks inside vmap, and around transforms that use it."""

import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np

A = xp.asarray(np.random.default_rng(0).normal(size=(4, 3)))


def half():
    """As the documentation has it."""
    return md.saved_tensors_hooks(lambda t: t.as_numpy().astype(np.float16), md.asarray)


def same():
    return md.saved_tensors_hooks(lambda t: t.as_numpy().copy(), md.asarray)


def f(x):
    z = xp.zeros_like(x)
    z[1:] = xp.exp(x[:-1]) * x[1:]
    return xp.sum(xp.sin(x) * x**2 / (2.0 + z)) + xp.max(x) * xp.prod(x)


FUNCTIONS = {
    "vmap(grad)": lambda: md.vmap(md.grad(f))(A),
    "grad(vmap)": lambda: md.grad(lambda a: xp.sum(md.vmap(f)(a)))(A),
    "grad(vmap(grad))": lambda: md.grad(lambda a: xp.sum(md.vmap(md.grad(f))(a) ** 2))(A),
    "hessian": lambda: md.hessian(lambda x: f(x[:3]) + f(x[3:]))(xp.reshape(A[:2, :], (6,))),
    "vmap(hessian)": lambda: md.vmap(md.hessian(f))(A),
    "jacobian": lambda: md.jacobian(lambda x: xp.concat([x * xp.sin(x), x]), mode="reverse")(
        A[0, :]
    ),
    "vmap(vmap(grad))": lambda: md.vmap(md.vmap(md.grad(lambda x: xp.sin(x) * x)))(A),
    "jvp of vmap(grad)": lambda: md.jvp(md.vmap(md.grad(f)), [A], [A])[1],
    "shared weights": lambda: md.vmap(md.grad(lambda x, w: f(x * w), 1), (0, None))(A, A[0, :]),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_same_derivatives(name):
    expected = FUNCTIONS[name]().as_numpy()
    with same():
        found = FUNCTIONS[name]()
    np.testing.assert_allclose(found.as_numpy(), expected, rtol=1e-12, atol=1e-13)
    with half():
        found = FUNCTIONS[name]()
    np.testing.assert_allclose(found.as_numpy(), expected, rtol=0.1, atol=0.02)
    assert np.any(found.as_numpy() != expected)  # it was packed


def test_pack_gets_tensors_of_the_library():
    seen = []

    def pack(t):
        seen.append((t._backend.base, t.shape, t.allow_grad))
        made = xp.zeros(2)  # inside neither vmap
        assert made._backend.base is None
        return t

    with md.saved_tensors_hooks(pack, lambda t: t):
        md.vmap(md.vmap(md.grad(lambda x: xp.exp(x) * x)))(A)
    assert {(base, allow) for base, _, allow in seen} == {(None, False)}
    assert {shape for _, shape, _ in seen} == {(4, 3)}


def test_what_unpack_returns_has_the_shape_of_all_samples():
    with (
        pytest.raises(ValueError, match=r"unpack returned shape \(7,\) for values of shape \(4,"),
        md.saved_tensors_hooks(lambda t: None, lambda t: np.ones(7)),
    ):
        md.vmap(md.grad(f))(A)
