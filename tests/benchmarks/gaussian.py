"""The log-likelihood of a Gaussian process on 300 points, in three parameters of its kernel."""

from __future__ import annotations

from collections.abc import Callable

import engines
from timing import Limit, Row, Settings, Workload, measure

import numpy as np

POINTS = 300


def inputs() -> tuple[np.ndarray, ...]:
    """Length, amplitude and noise; squared distances, the identity, and what was observed."""
    rng = np.random.default_rng(5)
    x = np.sort(rng.uniform(0.0, 10.0, POINTS))
    observed = np.sin(x) + rng.normal(scale=0.1, size=POINTS)
    parameters = [np.asarray(value) for value in (1.3, 0.8, 0.05)]
    return (*parameters, (x[:, None] - x) ** 2, np.eye(POINTS), observed)


def kernel(
    lib: object, length: object, amplitude: object, noise: object, squares: object, eye: object
) -> object:
    return amplitude * lib.exp(squares / (-2.0 * length * length)) + noise * eye


def by_lu(lib: object, *inputs: object) -> object:
    """By the determinant and one solution of the whole matrix."""
    *others, observed = inputs
    k = kernel(lib, *others)
    weighted = lib.linalg.solve(k, observed)
    return -0.5 * lib.sum(observed * weighted) - 0.5 * lib.linalg.slogdet(k)[1]


def by_cholesky(lib: object, *inputs: object) -> object:
    """By the triangular factor."""
    *others, eye, observed = inputs
    factor = lib.linalg.cholesky(kernel(lib, *others, eye))
    white = lib.linalg.solve(factor, observed)
    return -0.5 * lib.sum(white * white) - lib.sum(lib.log(lib.sum(factor * eye, axis=1)))


def by_hand(arrays: tuple[np.ndarray, ...], cholesky: bool) -> Callable:
    length, amplitude, noise, squares, eye, observed = arrays

    def run() -> object:
        shape = np.exp(squares / (-2.0 * length * length))
        k = amplitude * shape + noise * eye
        if cholesky:
            factor = np.linalg.cholesky(k)
            back = np.linalg.inv(factor)
            white = back @ observed
            value = -0.5 * (white @ white) - np.log(factor.diagonal()).sum()
            weighted, inverse = back.T @ white, back.T @ back
        else:
            weighted = np.linalg.solve(k, observed)
            value = -0.5 * (observed @ weighted) - 0.5 * np.linalg.slogdet(k)[1]
            inverse = np.linalg.inv(k)
        g = 0.5 * (np.outer(weighted, weighted) - inverse)
        part = g * shape
        by_length = (part * squares).sum() * amplitude / length**3
        return np.asarray(value), [np.asarray(v) for v in (by_length, part.sum(), g.trace())]

    return run


def likelihood(settings: Settings) -> list[Row]:
    """Value and gradient, by two ways of solving."""
    rows = []
    arrays = inputs()
    for name, function, most in (
        ("f. Gaussian process, 300, LU", by_lu, 1.3),
        ("f. Gaussian process, 300, Cholesky", by_cholesky, 1.6),
    ):
        hand = (by_hand(arrays, function is by_cholesky),)
        variants = engines.gradient_variants(settings.engines, function, arrays, 3, hand)
        workload = Workload(
            name, engines.joined(variants), {"total": (Limit(most),)}, tolerance=1e-7
        )
        rows += measure(workload, settings)
    return rows
