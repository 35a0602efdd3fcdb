"""Derivatives of functions of NumPy arrays, from their values alone."""

import numpy as np

# The central difference of order 8: offsets in steps, and weights.
WEIGHTS = ((1, 4 / 5), (2, -1 / 5), (3, 4 / 105), (4, -1 / 280))


def parts(out):
    """One result or several, as a tuple."""
    return tuple(out) if isinstance(out, tuple | list) else (out,)


def directional_derivative(f, inputs, tangents, step=1e-3):
    """The derivative at t = 0 of f(*(x + t v)), for each of f's results.

    With values of the order of 1, and kinks and poles a tenth away, it is good to about 1e-11. A
    tangent of None leaves its input as it is.
    """
    size = max([np.max(np.abs(v), initial=0.0) for v in tangents if v is not None], default=0.0)
    step = step / max(size, 1e-300)

    def at(t):
        moved = [x if v is None else x + t * v for x, v in zip(inputs, tangents, strict=True)]
        return [np.asarray(out) for out in parts(f(*moved))]

    total = [np.zeros(out.shape) for out in at(0.0)]
    for offset, weight in WEIGHTS:
        pairs = zip(at(offset * step), at(-offset * step), strict=True)
        total = [t + weight * (a - b) for t, (a, b) in zip(total, pairs, strict=True)]
    return [t / step for t in total]


def inner(u, v):
    """Re sum conj(u) v, of two arrays or of two lists of arrays; None stands for zeros."""
    pairs = zip(parts(u), parts(v), strict=True)
    return sum(
        float(np.sum((np.conj(a) * b).real)) for a, b in pairs if a is not None and b is not None
    )
