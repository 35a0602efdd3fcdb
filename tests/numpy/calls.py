"""Which names the NumPy drop-in must have, and the tables of calls, put together."""

import calls_elementwise
import calls_products
import calls_reductions
import calls_shapes

import numpy as np

_rng = np.random.default_rng(7)

# What the expressions may name. No two elements are equal, none is near an integer or 0.
ARRAYS = {
    "a": (_rng.permutation(6).reshape(2, 3) - 2.6 + _rng.uniform(0, 0.3, (2, 3))) / 2,
    "b": (_rng.permutation(6).reshape(2, 3) - 2.6 + _rng.uniform(0, 0.3, (2, 3))) / 2,
    "p": _rng.uniform(0.2, 0.9, (2, 3)),  # positive, below 1
    "q": _rng.uniform(1.1, 3.0, (2, 3)),  # above 1
    "m": _rng.uniform(-1, 1, (3, 3)) + 2 * np.eye(3),  # regular
    "n": np.array([[0.3, np.nan, -1.2], [2.1, 0.6, np.nan]]),
    "t": _rng.permutation(24).reshape(2, 3, 4) / 7 - 1.6,
    "v": np.array([0.3, -1.2, 2.1]),
    "w": np.array([1.7, 0.4, -0.6]),
    "s": np.array(0.7),
    "z": _rng.uniform(-1, 1, (2, 3)) + 1j * _rng.uniform(0.3, 1, (2, 3)),
    "i": np.array([2, 0, 1]),
    "j": np.array([[3, 1, 4], [1, 5, 9]]),
    "k": np.array([[True, False, True], [False, True, True]]),
}

CALLS = {
    **calls_elementwise.CALLS,
    **calls_products.CALLS,
    **calls_reductions.CALLS,
    **calls_shapes.CALLS,
}

NAMES = sorted(CALLS)
