"""Writes inside vmap, into what is made there: programs that fill arrays, sample by sample."""

import array_api_strict
import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np

SAMPLES = 3
A = np.random.default_rng(0).normal(size=(SAMPLES, 4))
SHARED = xp.asarray([1.0, 2.0, 3.0, 4.0])


def views(xp, a):
    z = xp.zeros((2, 4))
    v = z[0, :]
    v += a
    v *= a
    z[1, :] = v[::-1]
    return xp.sum(xp.sin(z) * z)


def element_by_element(xp, a):
    out = xp.empty(4)
    for j in range(4):
        out[j] = xp.sum(a[: j + 1]) ** 2
    return xp.sum(out * a)


def literals(xp, a):
    ones, made = xp.ones(4), xp.asarray([1.0, 2.0, 3.0, 4.0])
    ones[0] = 5.0  # the same for all
    made[1:3] = a[:2]
    return xp.sum(ones * xp.arange(4.0) * made * a)


def copied(xp, a):
    z = xp.asarray(SHARED, copy=True)
    z[xp.argmax(a)] = a[0]
    return xp.sum(z**3)


def like_something_shared(xp, a):
    z = xp.zeros_like(SHARED)
    z[xp.asarray([0, 2])] = a[1:3]
    z += a
    return xp.sum(z * z)


def spaced(xp, a):
    z = xp.linspace(0.0, 1.0, 4)
    z[z > 0.5] = a[0]
    z -= a
    return xp.sum(z**2 * a)


def argument(xp, a):
    def inner(t):
        t[0] = a[1]
        t *= a
        return xp.sum(t**3)

    return xp.sum(md.grad(inner)(SHARED))


PROGRAMS = (
    *(views, element_by_element, literals, copied, like_something_shared, spaced),
    argument,
)
TRANSFORMS = {
    "value": lambda f: f,
    "grad": md.grad,
    "hessian": md.hessian,
    "jvp": lambda f: lambda a: md.jvp(f, [a], [xp.sin(a)])[1],
}


def stacked(f):
    return lambda xs: xp.stack([f(xs[i, ...]) for i in range(SAMPLES)])


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_against_a_loop(program, transform):
    f = TRANSFORMS[transform](lambda a: program(xp, a))
    a = xp.asarray(A)
    np.testing.assert_allclose(md.vmap(f)(a).as_numpy(), stacked(f)(a).as_numpy(), rtol=1e-12)

    def gradient(T):
        return md.grad(lambda a: xp.sum(T(f)(a) ** 2))(a).as_numpy()

    np.testing.assert_allclose(gradient(md.vmap), gradient(stacked), rtol=1e-12, atol=1e-13)
    assert SHARED.tolist() == [1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize("program", [views, element_by_element], ids=lambda p: p.__name__)
def test_in_vmap_of_vmap(program):
    stack = xp.asarray(np.stack([A, A + 1]))
    found = md.vmap(md.vmap(lambda a: program(xp, a)))(stack)
    expected = [[program(xp, xp.asarray(a)).item() for a in rows] for rows in (A, A + 1)]
    np.testing.assert_allclose(found.as_numpy(), expected, rtol=1e-13)


def test_by_the_names_of_numpy_and_of_another_library():
    def filled(zeros, a):
        z = zeros(4)
        z[1] = a[0]
        return z

    expected = np.zeros((SAMPLES, 4))
    expected[:, 1] = A[:, 0]
    found = md.vmap(lambda a: filled(md.numpy.zeros, a))(xp.asarray(A))
    np.testing.assert_array_equal(found.as_numpy(), expected)
    strict = md.wrap(array_api_strict)
    found = md.vmap(lambda a: filled(strict.zeros, a))(strict.asarray(array_api_strict.asarray(A)))
    assert found.__array_namespace__() is strict
    np.testing.assert_array_equal(found.as_numpy(), expected)


def test_what_is_made_inside_and_shared_is_still_a_value():
    def f(a):
        n = xp.asarray([1, 2, 3])
        assert int(n[1]) == 2
        assert bool(xp.all(n > 0))
        assert np.asarray(n).tolist() == n.tolist() == [1, 2, 3]
        return a[: int(n[0])] * float(xp.sum(xp.ones(2)))

    np.testing.assert_array_equal(md.vmap(f)(xp.asarray(A)).as_numpy(), 2 * A[:, :1])


def test_memory_of_an_array_outside_is_not_written():
    outside = np.zeros(4)

    def f(a):
        z = xp.asarray(outside)  # shares it, outside vmap
        z[0] = a[0]
        return z

    assert md.vmap(f)(xp.asarray(A))[:, 0].tolist() == A[:, 0].tolist()
    assert not outside.any()
