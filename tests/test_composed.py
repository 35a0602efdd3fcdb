"""Transforms inside each other and inside vmap, to any depth."""

import itertools

import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np
from minidiff import _rows
from truths import A, V, close, leaf, matrix, number, truth, vector


def test_each_order_by_each_way():
    def f(x):
        return xp.sin(2 * x)

    def pushed(f):
        return lambda x: md.jvp(f, [x], [1.0])[1]

    def walked(f):
        def slope(x):
            t = leaf(x)
            f(t).backward()
            return t.grad

        return slope

    ways = (md.grad, pushed, md.jacobian, lambda f: md.jacobian(f, mode="forward"))
    for chosen in itertools.product(ways, repeat=3):
        g = f
        for way in chosen:
            g = way(g)
        assert g(0.4).item() == pytest.approx(-8 * np.cos(0.8), rel=1e-13)
        assert walked(g)(0.4).item() == pytest.approx(16 * np.sin(0.8), rel=1e-13)


CONFUSING = {
    "inner constant": (lambda d: d(lambda x: x * d(lambda y: x + y)(1.0))(3.0), 1.0),
    "inner product": (lambda d: d(lambda x: x * d(lambda y: x * y)(1.0))(3.0), 6.0),
    "same name": (lambda d: d(lambda x: x * d(lambda x: x * x)(x))(3.0), 12.0),
    "inner square": (lambda d: d(lambda x: d(lambda y: (x * y) ** 2)(x) * x)(2.0), 64.0),
}


@pytest.mark.parametrize("name", CONFUSING)
def test_perturbations_are_not_confused(name):
    def pushed(f):
        return lambda x: md.jvp(f, [x], [1.0])[1]

    program, expected = CONFUSING[name]
    for inner, outer in itertools.product((md.grad, pushed, md.jacobian), repeat=2):
        calls = iter((outer, inner))
        found = program(lambda f, calls=calls: next(calls)(f))
        assert found.item() == expected


@pytest.mark.parametrize("few", [0, 10**9])
@pytest.mark.parametrize("inner", ["forward", "reverse"])
@pytest.mark.parametrize("outer", ["forward", "reverse"])
def test_jacobian_of_jacobian_is_the_hessian(inner, outer, few, monkeypatch):
    monkeypatch.setattr(_rows, "FEW", few)
    monkeypatch.setattr(_rows, "FEW_EVALUATIONS", few)
    x = xp.asarray(A)
    twice = md.jacobian(md.jacobian(number, mode=inner), mode=outer)
    close(twice(x), matrix(md.grad(number), A))
    close(twice(x), md.hessian(number)(x))
    # Of a result of several elements, where all three directions are batched.
    twice = md.jacobian(md.jacobian(vector, mode=inner), mode=outer)
    close(twice(x), matrix(md.jacobian(vector), A))


def stacked(f):
    """vmap over the first axis of one argument, by a loop."""
    return lambda xs: xp.stack([f(xs[i, ...]) for i in range(xs.shape[0])])


# Functions of x from a function f of x, by a transform; T is vmap, or the loop in its place. Many
# differentiate inside vmap in something that all samples share.


COMPOSED = {
    "grad": lambda T, f: lambda x: xp.sum(md.grad(f)(x) * xp.sin(x)),
    "jvp": lambda T, f: lambda x: md.jvp(f, [x], [xp.cos(x)])[1],
    "vjp": lambda T, f: lambda x: xp.sum(md.vjp(lambda y: f(y) * y, x)[1](xp.sin(x))[0]),
    "linearize": lambda T, f: lambda x: xp.sum(md.linearize(lambda y: f(y) * y, x)[1](x)),
    "jacobian forward": lambda T, f: (
        lambda x: xp.sum(md.jacobian(lambda y: f(y) * xp.sin(y), mode="forward")(x) * x)
    ),
    "jacobian reverse": lambda T, f: (
        lambda x: xp.sum(md.jacobian(lambda y: f(y) * xp.sin(y), mode="reverse")(x) * x)
    ),
    "hessian": lambda T, f: lambda x: xp.sum(xp.sin(md.hessian(f)(x))),
    "hvp": lambda T, f: lambda x: xp.sum(md.hvp(f, [x], [xp.sin(x)])),
    "checkpoint": lambda T, f: lambda x: md.checkpoint(f)(x * 0.7),
    "vmap": lambda T, f: lambda x: xp.sum(T(lambda a: f(a * x))(xp.stack([x, 0.6 * x, x - 1]))),
    "grad in vmap": lambda T, f: (
        lambda x: xp.sum(xp.tanh(T(md.grad(f))(xp.stack([x, x * 0.6, x * x]))))
    ),
    "grad in vmap, in what is shared": lambda T, f: (
        lambda x: xp.sum(T(lambda a: md.grad(lambda y: f(y * a))(x))(xp.stack([x, x * 0.6])))
    ),
    "jvp in vmap, along many": lambda T, f: (
        lambda x: xp.sum(T(lambda a: md.jvp(f, [x], [a])[1])(xp.stack([x, x * 0.6])))
    ),
    "jvp in vmap, in what is shared": lambda T, f: (
        lambda x: xp.sum(T(lambda a: md.jvp(lambda y: f(y * a), [x], [x])[1])(xp.stack([x, 1 - x])))
    ),
    "checkpoint in vmap": lambda T, f: (
        lambda x: xp.sum(T(lambda a: md.checkpoint(lambda y: f(y + a))(x))(xp.stack([x, x * 0.6])))
    ),
}
PAIRS = list(itertools.product(COMPOSED, repeat=2))
# Some deeper ones, drawn once.
TRIPLES = [tuple(np.random.default_rng(i).choice(list(COMPOSED), 3).tolist()) for i in range(60)]


@pytest.mark.parametrize("names", PAIRS + TRIPLES, ids=" of ".join)
def test_composed(names, monkeypatch):
    """Value, gradient and tangent, with vmap and in a loop; the loop's against values alone."""

    def small(x):
        return xp.sum(xp.sin(x) * x) + xp.sum(xp.tanh(x[1:] * x[:-1])) / 3

    def program(T):
        f = small
        for name in reversed(names):
            f = COMPOSED[name](T, f)
        return f

    x, v = xp.asarray(A[:4]), xp.asarray(V[:4])
    with monkeypatch.context() as patched:
        patched.setattr(_rows, "FEW", 10**9)
        patched.setattr(_rows, "FEW_EVALUATIONS", 10**9)
        expected = program(stacked)(x)
        slope = truth(program(stacked), A[:4], V[:4], step=2e-4)
    f = program(md.vmap)
    close(f(x), expected)
    value, gradient = md.value_and_grad(f)(x)
    close(value, expected)
    close(gradient @ v, slope, rtol=1e-5)
    close(md.jvp(f, [x], [v])[1], gradient @ v)
    close(md.vjp(f, x)[1](xp.asarray(1.0))[0], gradient)
    t = leaf(A[:4])
    f(t).backward()
    close(t.grad, gradient)


def test_leaves_made_inside_vmap():
    def slope(a, x):
        t, u = leaf(x), leaf(a)
        xp.sum(u * t**2).backward()
        return t.grad, u.grad

    a, x = xp.asarray([[1.0, 2.0], [3.0, 4.0]]), xp.asarray([5.0, 6.0])
    first, second = md.vmap(slope, (0, None))(a, x)
    assert first.tolist() == [[10.0, 24.0], [30.0, 48.0]]
    assert second.tolist() == [[25.0, 36.0]] * 2
