"""Writes through chains of views inside vmap: random programs, against a loop over the samples."""

import random

import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np

X = xp.asarray(np.random.default_rng(0).normal(size=(3, 4)))
SHARED = xp.asarray(np.random.default_rng(1).normal(size=(2, 3, 2)))
W = xp.asarray(np.random.default_rng(2).normal(size=(2, 3, 2)))

STARTS = {
    "zeros": lambda a: xp.zeros((2, 3, 2)),
    "shared": lambda a: xp.asarray(SHARED, copy=True),
    "own": lambda a: xp.reshape(xp.concat([a, a * 2.0, a * a]), (2, 3, 2)) * 1.0,
    "turned": lambda a: xp.permute_dims(xp.zeros((3, 2, 2)), (1, 0, 2)),
    "backwards": lambda a: xp.flip(xp.asarray(SHARED, copy=True), axis=1),
}
STEPS = {
    "flat": lambda v: xp.reshape(v, (-1,)),
    "swap": lambda v: xp.permute_dims(v, tuple(range(v.ndim))[::-1]),
    "flip": lambda v: xp.flip(v, axis=-1),
    "row": lambda v: v[-1, ...] if v.ndim > 1 else v,
    "part": lambda v: v[::2, ...],
    "axis": lambda v: v[None, ...],
}


def put(v, key, value):
    v[key] = value


def scaled(v, a, k):
    v *= a[k] + 2.0


def added(v, a, k):
    v += xp.sin(a[k]) * v


WRITES = {
    "number": lambda v, a, k: put(v, ..., a[k] * 2.0),
    "scaled": scaled,
    "added": added,
    "element": lambda v, a, k: put(v, (0,) * v.ndim, a[k] ** 2),
    "whole": lambda v, a, k: put(v, ..., v * a[k] + 1.0),
    "masked": lambda v, a, k: put(v, v > a[k], a[(k + 1) % 4]),
    "at indices": lambda v, a, k: put(v, ([0], ...), a[k] + v[[0], ...]),
}


def drawn(seed):
    choose = random.Random(seed)
    start = choose.choice(list(STARTS))
    moves = [
        (
            [choose.choice(list(STEPS)) for _ in range(choose.randint(1, 3))],
            choose.choice(list(WRITES)),
            choose.randint(0, 3),
        )
        for _ in range(choose.randint(1, 4))
    ]

    def program(a):
        z = STARTS[start](a)
        for steps, kind, k in moves:
            v = z
            for step in steps:
                v = STEPS[step](v)
            WRITES[kind](v, a, k)
        return xp.sum(z**2 * W)

    return program


def looped(f):
    return np.stack([f(X[i, :]).as_numpy() for i in range(3)])


@pytest.mark.parametrize("block", range(4))
def test_value_and_derivatives(block):
    for seed in range(block * 40, block * 40 + 40):
        f = drawn(seed)
        gradient = md.grad(f)
        expected = looped(gradient)
        for one, truth in (
            (md.vmap(f), looped(f)),
            (md.vmap(gradient), expected),
            (md.grad(lambda xs, f=f: xp.sum(md.vmap(f)(xs))), expected),
            (md.vmap(lambda a, f=f: md.jvp(f, [a], [a])[1]), (expected * X.as_numpy()).sum(axis=1)),
        ):
            np.testing.assert_allclose(one(X).as_numpy(), truth, rtol=1e-10, atol=1e-12)
