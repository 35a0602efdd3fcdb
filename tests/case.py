"""What a row of cases.py is made of: a function, a domain and a shape for each array, parameters.

The domains keep away from kinks, poles and branch cuts by 0.05 and more.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import numpy as np

# ---- domains: functions of a generator and a shape


@dataclass(frozen=True)
class Argument:
    """An array of a call: a shape and how to fill it."""

    shape: tuple[int, ...]
    sample: Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
    floating: bool = True


def domain(sample, floating=True):
    """Of a sampler, what rows write: REAL(2, 3) is an array of shape (2, 3)."""
    return lambda *shape: Argument(shape, sample, floating)


def between(low, high):
    return domain(lambda rng, shape: rng.uniform(low, high, shape))


def either_side(low, high):
    """Magnitudes in an interval, with either sign."""
    return domain(lambda rng, shape: rng.choice([-1, 1], shape) * rng.uniform(low, high, shape))


def off_integers(low, high):
    """Integers, and above each a piece of an interval."""
    return domain(lambda rng, shape: rng.integers(-3, 3, shape) + rng.uniform(low, high, shape))


def _apart(rng, shape):
    size = int(np.prod(shape))
    return (rng.permutation(size) - size / 3 + rng.uniform(0.1, 0.6, size)).reshape(shape) / 2


def fixed(*values, dtype=None):
    """The very array given: indices, masks, repeated values."""
    array = np.asarray(*values, dtype=dtype)
    return Argument(array.shape, lambda rng, shape: array.copy(), array.dtype.kind in "fc")


REAL = between(-2, 2)
POSITIVE = between(0.3, 2)
NONZERO = either_side(0.3, 2)
COMPLEX = domain(lambda rng, shape: rng.uniform(-2, 2, shape) + 1j * rng.uniform(0.3, 2, shape))
UNIT = between(-0.8, 0.8)
ABOVE_ONE = between(1.2, 3)
ABOVE_MINUS_ONE = between(-0.7, 2)
BROKEN = off_integers(0.1, 0.4)  # between an integer and the half above it
UPPER = off_integers(0.6, 0.9)
APART = domain(_apart)  # no two equal
TRUTH = domain(lambda rng, shape: rng.integers(0, 2, shape).astype(bool), floating=False)
WHOLE = domain(lambda rng, shape: rng.integers(0, 5, shape), floating=False)


def _spectrum(rng, shape):
    """Matrices whose eigenvalues and singular values lie well apart, and from 0."""
    large = np.zeros(shape)
    for i in range(min(shape[-2:])):
        large[..., i, i] = 2.2 * (i + 1)
    return large + rng.uniform(-0.5, 0.5, shape)


SPECTRUM = domain(_spectrum)
SPECTRUM_COMPLEX = domain(
    lambda rng, shape: _spectrum(rng, shape) + 1j * rng.uniform(-0.5, 0.5, shape)
)

# ---- what expressions may use beside xp


def adjoint(xp, x):
    return xp.conj(xp.matrix_transpose(x))


def hermitian(xp, x):
    return (x + adjoint(xp, x)) / 2


def positive_definite(xp, x):
    one = xp.asarray(np.eye(x.shape[-1]), dtype=x.dtype)
    return x @ adjoint(xp, x) + one


def projector(xp, v):
    return v @ adjoint(xp, v)


def both(xp, w, v):
    """A function of eigenvalues and eigenvectors at once, free of phases."""
    return (v * xp.sin(w)[..., None, :]) @ adjoint(xp, v)


def rotation(xp, u, s, vh):
    """The unitary factor of the polar decomposition."""
    return u @ vh


# ---- rows


@dataclass(frozen=True)
class Case:
    """One way to call a function.

    `complex`: complex inputs make sense. `constant`: the result has no derivative. `lax`: NumPy
    alone takes the call. `elementwise`: the shapes are free, as far as they broadcast.
    """

    name: str
    id: str
    call: Callable[..., Any]
    arguments: tuple[Argument, ...]
    complex: bool
    constant: bool
    lax: bool
    elementwise: bool

    def rng(self, salt=""):
        """A generator of its own, the same in every run."""
        return np.random.default_rng(zlib.crc32((self.id + salt).encode()))

    def arrays(self, *, complex=False, shapes=None):
        """Arrays to call it with; complex ones in all four quadrants, away from the axes."""
        rng, out = self.rng(), []
        for index, argument in enumerate(self.arguments):
            shape = argument.shape if shapes is None else shapes[index]
            array = np.asarray(argument.sample(rng, shape))
            if complex and argument.floating:
                array = array * rng.choice([-1, 1], shape)
                array = array + 1j * rng.choice([-1, 1], shape) * rng.uniform(0.3, 0.8, shape)
            out.append(array)
        return out

    def directions(self, arrays, salt="direction"):
        """For each floating array a direction, real or complex as it is; None for the others."""
        rng = self.rng(salt)
        return [normal(rng, a.shape, a.dtype) if a.dtype.kind in "fc" else None for a in arrays]


def normal(rng, shape, dtype):
    values = np.asarray(rng.standard_normal(shape))
    if np.dtype(dtype).kind == "c":
        values = values + 1j * rng.standard_normal(shape)
    return values.astype(dtype)


CASES: list[Case] = []
FLAGS = ("complex", "constant", "lax", "elementwise")


def row(name, *arguments, call=None, then=(), listed=False, flags="", **kwargs):
    """A case: xp.name(*arrays, *then, **kwargs) (`fft.rfft`, say), or an expression of xp, x, y, z.

    `listed`: the function takes a list of arrays. `flags`: words of FLAGS, as in Case.
    """
    words = set(flags.split())
    assert words <= set(FLAGS)
    shapes = ["x".join(map(str, a.shape)) or "0d" for a in arguments]
    if call is None:
        parameters = [*map(str, then), *[f"{k}={v}" for k, v in kwargs.items()]]
        title = f"{name}({', '.join([*shapes, *parameters])})"

        def function(xp, *arrays):
            given = (list(arrays),) if listed else arrays
            return attrgetter(name)(xp)(*given, *then, **kwargs)

    else:
        title = f"{call} for {' '.join(shapes)}"
        function = eval(f"lambda xp, {', '.join('xyz'[: len(arguments)])}: {call}")
    title = title.replace(", ", ",").replace(" ", "_")
    CASES.append(Case(name, title, function, arguments, *[flag in words for flag in FLAGS]))
