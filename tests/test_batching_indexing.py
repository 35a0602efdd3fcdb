"""Indexing inside vmap: random keys, mixed of integers, slices and index arrays of every sort."""

import random

import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np

SAMPLES = 3


class Batch:
    """Index arrays of which each sample has its own."""

    def __init__(self, arrays):
        self.arrays = arrays


class Program:
    """An array, a key, and what is written there, all drawn by a seed."""

    def __init__(self, seed):
        self.rng, self.choose = np.random.default_rng(seed), random.Random(seed)
        self.shape = tuple(self.choose.randint(2, 4) for _ in range(self.choose.randint(1, 3)))
        self.x = self.rng.standard_normal((SAMPLES, *self.shape))
        self.key = self.drawn_key()

    def drawn_key(self):
        sides = self.choose.choice([(2,), (3,), (2, 3)])
        kinds = ["integer", "slice", "backwards", "array", "batch"]
        key = []
        for side in self.shape[: self.choose.randint(0, len(self.shape))]:
            kind = self.choose.choice(kinds)
            if kind == "integer":
                key.append(self.choose.randint(-side, side - 1))
            elif kind == "slice":
                key.append(
                    slice(self.choose.choice([None, 0, 1]), None, self.choose.choice([1, 2]))
                )
            elif kind == "backwards":
                key.append(slice(None, None, -1))
            elif kind == "array":
                key.append(self.rng.integers(0, side, sides))
            else:
                key.append(Batch(self.rng.integers(0, side, (SAMPLES, *sides))))
        if self.choose.random() < 0.3:
            key.insert(self.choose.randint(0, len(key)), None)
        if self.choose.random() < 0.3:
            key.append(...)
        return key

    def of_sample(self, i):
        return tuple(one.arrays[i] if isinstance(one, Batch) else one for one in self.key)

    def inside(self, own):
        """The key inside vmap, given the index arrays of the sample."""
        own = iter(own)
        return tuple(
            next(own)
            if isinstance(one, Batch)
            else xp.asarray(one)
            if isinstance(one, np.ndarray)
            else one
            for one in self.key
        )

    def batches(self):
        return [xp.asarray(one.arrays) for one in self.key if isinstance(one, Batch)]


@pytest.mark.parametrize("block", range(8))
def test_reading_its_gradient_and_writing(block):
    for seed in range(block * 60, block * 60 + 60):
        program = Program(seed)
        x = program.x
        places = [program.of_sample(i) for i in range(SAMPLES)]
        expected = np.stack([x[i][places[i]] for i in range(SAMPLES)])
        w = program.rng.standard_normal(expected.shape[1:])
        own = program.batches()

        def read(x, *own, program=program):
            return x[program.inside(own)]

        np.testing.assert_array_equal(md.vmap(read)(xp.asarray(x), *own).as_numpy(), expected)

        def loss(x, *own, read=read, w=w):
            return xp.sum(read(x, *own) * w)

        gradient = np.zeros_like(x)
        for i in range(SAMPLES):
            np.add.at(gradient[i], places[i], w)
        found = md.vmap(md.grad(loss))(xp.asarray(x), *own)
        np.testing.assert_allclose(found.as_numpy(), gradient, atol=1e-14)

        values = program.rng.standard_normal(expected.shape)

        def written(x, values, *own, program=program):
            y = x * 1.0
            y[program.inside(own)] = values
            return y

        if None not in [one for one in program.key if not isinstance(one, np.ndarray | Batch)]:
            truth = x.copy()
            for i in range(SAMPLES):
                truth[i][places[i]] = values[i]
            found = md.vmap(written)(xp.asarray(x), xp.asarray(values), *own)
            np.testing.assert_array_equal(found.as_numpy(), truth)
