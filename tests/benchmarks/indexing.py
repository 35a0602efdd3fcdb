"""Slices and look-ups: Rosenbrock's function, a stencil, an embedding."""

from __future__ import annotations

from collections.abc import Callable

import engines
from timing import Limit, Row, Settings, Workload, measure

import numpy as np

POINTS = 10_000
STEPS = 50
VOCABULARY, WIDTH, LOOKUPS = 10_000, 64, 100_000


def rosenbrock(lib: object, x: object) -> object:
    here, there = x[:-1], x[1:]
    bend, rest = there - here * here, 1.0 - here
    return lib.sum(100.0 * (bend * bend) + rest * rest)


def rosenbrock_by_hand(x: np.ndarray) -> Callable:
    def run() -> object:
        here = x[:-1]
        bend, rest = x[1:] - here * here, 1.0 - here
        value = np.sum(100.0 * (bend * bend) + rest * rest)
        bend *= 200.0
        g = np.empty_like(x)
        g[0] = 0.0
        g[1:] = bend
        bend *= here
        bend += rest
        bend *= 2.0
        g[:-1] -= bend
        return value, [g]

    return run


def gradient(settings: Settings) -> list[Row]:
    """The gradient of the 10,000-dimensional Rosenbrock function."""
    x = np.random.default_rng(5).uniform(-1.0, 1.0, POINTS)
    by_hand = (rosenbrock_by_hand(x),)
    variants = engines.gradient_variants(settings.engines, rosenbrock, (x,), 1, by_hand)
    limits = {"total": (Limit(2.3, aim=True),)}
    workload = Workload("g. Rosenbrock, 10,000 dim", engines.joined(variants), limits)
    return measure(workload, settings)


def differences(lib: object, x: object) -> object:
    for _ in range(STEPS):
        x = x[1:] - x[:-1]
    return lib.sum(x * x)


def differences_by_hand(start: np.ndarray) -> Callable:
    def run() -> object:
        x = start
        for _ in range(STEPS):
            x = x[1:] - x[:-1]
        value = np.sum(x * x)
        g = 2.0 * x
        for _ in range(STEPS):
            longer = np.empty(g.size + 1)
            longer[0] = 0.0
            longer[1:] = g
            longer[:-1] -= g
            g = longer
        return value, [g]

    return run


def stencil(settings: Settings) -> list[Row]:
    """50 steps of x[1:] - x[:-1] on 10,000 elements."""
    x = np.random.default_rng(6).uniform(-1.0, 1.0, POINTS)
    by_hand = (differences_by_hand(x),)
    variants = engines.gradient_variants(settings.engines, differences, (x,), 1, by_hand)
    limits = {"total": (Limit(2.1),)}
    workload = Workload("h. stencil, 50 steps of 10,000", engines.joined(variants), limits)
    return measure(workload, settings)


def lookup(lib: object, table: object, rows: object, weights: object) -> object:
    return lib.sum(table[rows] * weights)


def lookup_by_hand(table: np.ndarray, rows: np.ndarray, weights: np.ndarray) -> Callable:
    """The rows are added up by a flat bincount, about the fastest NumPy alone has."""
    columns = np.arange(WIDTH)

    def run() -> object:
        value = np.sum(table[rows] * weights)
        places = (rows[:, None] * WIDTH + columns).ravel()
        g = np.bincount(places, weights.ravel(), minlength=table.size)
        return value, [g.reshape(table.shape)]

    return run


def embedding(settings: Settings) -> list[Row]:
    """100,000 rows looked up in a table of 10,000 by 64, with a scalar loss."""
    rng = np.random.default_rng(7)
    table = rng.normal(size=(VOCABULARY, WIDTH))
    rows = rng.integers(VOCABULARY, size=LOOKUPS)
    weights = rng.normal(size=(LOOKUPS, WIDTH))
    arrays = (table, rows, weights)
    by_hand = (lookup_by_hand(*arrays),)
    variants = engines.gradient_variants(settings.engines, lookup, arrays, 1, by_hand)
    # Many rows are added up by SciPy, where it is installed.
    name, most = ("with SciPy", 1.2) if has_scipy() else ("without SciPy", 1.6)
    workload = Workload(
        f"h. embedding, 100k rows, {name}", engines.joined(variants), {"total": (Limit(most),)}
    )
    return measure(workload, settings)


def has_scipy() -> bool:
    try:
        import scipy.sparse  # noqa: F401  # whether it can be had is all that is asked
    except ImportError:
        return False
    return True
