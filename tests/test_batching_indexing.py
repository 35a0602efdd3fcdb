"""Indexing inside vmap: random keys, mixed of integers, slices and index arrays of every sort."""

import random

import array_api_strict
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
        kinds = ["integer", "NumPy's integer", "slice", "backwards", "array", "list", "batch"]
        if len(sides) == 1:
            kinds.append("mask")
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
            elif kind == "NumPy's integer":
                key.append(np.int64(self.choose.randint(-side, side - 1)))
            elif kind == "array":
                key.append(self.rng.integers(-side, side, sides))
            elif kind == "list":
                key.append(self.rng.integers(0, side, sides).tolist())
            elif kind == "mask" and side >= sides[0]:
                key.append(self.rng.permutation(side) < sides[0])
            else:
                key.append(Batch(self.rng.integers(-side, side, (SAMPLES, *sides))))
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


@pytest.mark.parametrize("block", range(2))
def test_keys_and_arrays_of_different_vmaps(block):
    for seed in range(block * 40, block * 40 + 40):
        program = Program(seed)
        own = program.batches()
        if not own:
            continue
        x = np.stack([program.x[0], program.x[1]])
        places = [program.of_sample(i) for i in range(SAMPLES)]
        w = program.rng.standard_normal(x[0][places[0]].shape)
        gradient = np.zeros((2, SAMPLES, *program.shape))
        for (i, j), k in zip(np.ndindex(2, SAMPLES), places * 2, strict=True):
            np.add.at(gradient[i, j], k, 2 * x[i][k] * w)

        def loss(x, *own, program=program, w=w):
            return xp.sum(x[program.inside(own)] ** 2 * w)

        ways = [(0, *[None] * len(own)), (None, *[0] * len(own))]
        for outer, inner in (ways, ways[::-1]):
            found = md.vmap(md.vmap(md.grad(loss), inner), outer)(xp.asarray(x), *own).as_numpy()
            found = found if outer[0] == 0 else found.swapaxes(0, 1)
            np.testing.assert_allclose(found, gradient, atol=1e-14)


# Each with i and j, index arrays of each sample's own, k, a number of its own, and what all share:
# s and m, an index array and a mask.
KEYS = {
    "i": lambda i, j, k, s, m: i,
    "k": lambda i, j, k, s, m: k,
    "i, j, i": lambda i, j, k, s, m: (i, j, i),
    "0, i, j": lambda i, j, k, s, m: (0, i, j),
    "i, 1, j": lambda i, j, k, s, m: (i, 1, j),
    "k, 0, 1": lambda i, j, k, s, m: (k, 0, 1),
    "0, :, i": lambda i, j, k, s, m: (0, slice(None), i),
    ":, 0, i": lambda i, j, k, s, m: (slice(None), 0, i),
    "i, :, j": lambda i, j, k, s, m: (i, slice(None), j),
    "k, :, i": lambda i, j, k, s, m: (k, slice(None), i),
    ":, k": lambda i, j, k, s, m: (slice(None), k),
    "1:, i": lambda i, j, k, s, m: (slice(1, None), i),
    "..., i": lambda i, j, k, s, m: (..., i),
    "None, i": lambda i, j, k, s, m: (None, i),
    "i, None, j": lambda i, j, k, s, m: (i, None, j),
    "0, :, s": lambda i, j, k, s, m: (0, slice(None), s),
    "s, :, i": lambda i, j, k, s, m: (s, slice(None), i),
    ":, s": lambda i, j, k, s, m: (slice(None), s),
    "m": lambda i, j, k, s, m: m,
    "m, :, s": lambda i, j, k, s, m: (m, slice(None), s),
    "m, :, i": lambda i, j, k, s, m: (m, slice(None), i),
    "m, :, list": lambda i, j, k, s, m: (m, slice(None), [0, 1]),
    "lists": lambda i, j, k, s, m: ([0, 1], slice(None), [0, 1]),
    "list of numbers": lambda i, j, k, s, m: [k, k],
    "NumPy's integer": lambda i, j, k, s, m: (np.int64(1), slice(None), [0, 1]),
    "list of truth values": lambda i, j, k, s, m: [True, False, True],
    "truth value": lambda i, j, k, s, m: True,
}


@pytest.mark.parametrize("library", ["numpy", "torch", "array_api_strict"])
@pytest.mark.parametrize("name", KEYS)
def test_as_the_library_has_it(name, library):
    """The axes come in the library's own order, in which PyTorch differs from NumPy."""
    lib = np if library == "numpy" else pytest.importorskip(library)
    ns, key = (xp if lib is np else md.wrap(lib)), KEYS[name]
    rng = np.random.default_rng(0)
    x = ns.astype(
        ns.asarray(lib.asarray(rng.standard_normal((SAMPLES, 3, 4, 3)).tolist())), ns.float64
    )
    integers = lambda *shape: ns.asarray(lib.asarray(rng.integers(0, 3, shape).tolist()))  # noqa: E731
    own = [integers(SAMPLES, 2), integers(SAMPLES, 2), integers(SAMPLES)]
    shared = (ns.asarray(lib.asarray([0, 2])), ns.asarray(lib.asarray([True, False, True])))

    def read(x, *own):
        return x[key(*own, *shared)]

    def sample(one, i):
        return one[i, ...]

    rows = [[sample(one, i) for one in (x, *own)] for i in range(SAMPLES)]
    try:
        expected = np.stack([read(*row).as_numpy() for row in rows])
    except (IndexError, TypeError, UserWarning):
        assert lib is not np
        return  # what the library has not, vmap need not have
    found = md.vmap(read)(x, *own)
    np.testing.assert_array_equal(found.as_numpy(), expected)
    first = rows[0][0]
    found = md.vmap(lambda *own: read(first, *own))(*own).as_numpy()
    np.testing.assert_array_equal(found, [read(first, *row[1:]).as_numpy() for row in rows])
    gradient = md.grad(lambda x, *own: ns.sum(read(x, *own) ** 2))
    found = md.vmap(gradient)(x, *own).as_numpy()
    np.testing.assert_allclose(found, [gradient(*row).as_numpy() for row in rows])
    values = ns.asarray(lib.asarray(expected[0].tolist()), dtype=x.dtype)

    def written(x, *own):
        y = ns.asarray(x, copy=True)
        y[key(*own, *shared)] = values
        return y

    try:
        expected = np.stack([written(*row).as_numpy() for row in rows])
    except (IndexError, TypeError):
        assert lib is array_api_strict
        return
    np.testing.assert_array_equal(md.vmap(written)(x, *own).as_numpy(), expected)
