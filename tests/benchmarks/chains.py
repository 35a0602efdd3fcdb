"""Chains of tiny operations: the mixed chain, plain and recorded, short and 100,000 deep."""

from __future__ import annotations

from collections.abc import Callable

import engines
from timing import Limit, Row, Settings, Workload, kept_bytes, measure, memory_row

import numpy as np

CYCLE = 8
"""Operations in one turn of the mixed chain."""


def inputs() -> tuple[np.ndarray, ...]:
    """Ten elements each: where the chain starts, a tracked factor and term, a constant.

    They lie so close to 1 and 0 that a turn's derivative is just below 1: over 100,000 operations
    the gradient neither overflows nor sinks into subnormal numbers, which are slow.
    """
    rng = np.random.default_rng(1)
    start = rng.uniform(-0.5, 0.5, 10)
    factor = 1.0 + rng.uniform(-1e-5, 1e-5, 10)
    return start, factor, rng.uniform(0.0, 1e-6, 10), rng.uniform(0.0, 1e-6, 10)


def mixed(cycles: int) -> Callable:
    """Eight operations a turn; sin and tanh keep the values bounded."""

    def function(lib: object, x: object, w: object, b: object, c: object) -> object:
        sin, tanh = lib.sin, lib.tanh
        for _ in range(cycles):
            x = x * w
            x = x + b
            x = sin(x)
            x = x * 1.25
            x = x - c
            x = tanh(x)
            x = x + 1e-6
            x = x * 0.8
        return x

    return function


def mixed_by_hand(cycles: int, arrays: tuple[np.ndarray, ...]) -> tuple[Callable, Callable]:
    """The same, keeping what the way back needs."""
    start, w, b, c = arrays

    def record() -> object:
        x, saved = start, []
        for _ in range(cycles):
            factor = x
            angle = x * w + b
            curve = np.tanh(np.sin(angle) * 1.25 - c)
            x = (curve + 1e-6) * 0.8
            saved.append((factor, angle, curve))
        return x, saved

    def back(state: object) -> object:
        x, saved = state
        g, gw, gb = np.ones(10), np.zeros(10), np.zeros(10)
        while saved:
            factor, angle, curve = saved.pop()
            g = g * 0.8 * (1.0 - curve * curve) * 1.25 * np.cos(angle)
            gb += g
            gw += g * factor
            g = g * w
        return x, [g, gw, gb]

    return record, back


def plain(settings: Settings) -> list[Row]:
    """1,000 operations, nothing tracked."""
    workload = Workload(
        "a. 1000 tiny ops, plain",
        engines.plain_variants(settings.engines, mixed(1000 // CYCLE), inputs()),
        {"total": (Limit(1.9),)},
        operations=1000,
    )
    return measure(workload, settings)


def recorded(settings: Settings) -> list[Row]:
    """1,000 operations, recorded and walked back, the freeing of the graph included."""
    cycles, arrays = 1000 // CYCLE, inputs()
    by_hand = mixed_by_hand(cycles, arrays)
    workload = Workload(
        "a. 1000 tiny ops,",
        engines.gradient_variants(settings.engines, mixed(cycles), arrays, 3, by_hand),
        {"total": (Limit(2.7), Limit(0.5, "torch"), Limit(0.25, "autograd"))},
        phases=("recorded", "walked back"),
        operations=1000,
    )
    return measure(workload, settings)


def deep(settings: Settings) -> list[Row]:
    """100,000 operations: time to the end of the graph's destruction."""
    cycles, arrays = 100_000 // CYCLE, inputs()
    by_hand = mixed_by_hand(cycles, arrays)
    workload = Workload(
        "e. 100,000 deep,",
        engines.gradient_variants(settings.engines, mixed(cycles), arrays, 3, by_hand),
        {"total": (Limit(3.5),)},
        phases=("recorded", "walked back"),
        operations=100_000,
        slow=True,
    )
    return measure(workload, settings)


def scaled(cycles: int) -> Callable:
    """Two operations a turn whose gradients need no array."""

    def function(lib: object, x: object) -> object:
        for _ in range(cycles):
            x = x * 0.9999
            x = x + 0.0001
        return x

    return function


def scaled_by_hand(cycles: int, start: np.ndarray) -> tuple[Callable, Callable]:
    def record() -> object:
        x = start
        for _ in range(cycles):
            x = x * 0.9999 + 0.0001
        return x

    def back(x: object) -> object:
        g = np.ones(10)
        for _ in range(cycles):
            g = g * 0.9999
        return x, [g]

    return record, back


def kept(settings: Settings) -> list[Row]:
    """Bytes a recorded operation keeps, with its arrays and without any."""
    count, arrays = 20_000, inputs()
    limits = (Limit(300.0, None),)
    cycles = count // CYCLE
    by_hand = mixed_by_hand(cycles, arrays)
    with_arrays = Workload(
        "e. kept an op, mixed (3 arrays in 8 ops)",
        engines.gradient_variants(settings.engines, mixed(cycles), arrays, 3, by_hand),
    )
    by_hand = scaled_by_hand(count // 2, arrays[0])
    tape_only = Workload(
        "e. kept an op, tape only (no arrays)",
        engines.gradient_variants(settings.engines, scaled(count // 2), arrays[:1], 1, by_hand),
    )
    rows = [
        memory_row(workload, "bytes", kept_bytes, count, limits)
        for workload in (with_arrays, tape_only)
    ]
    rows[1].ratios = {}  # by hand nothing is kept: no ratio
    return rows
