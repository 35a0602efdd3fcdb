"""Chains on a million elements: time and peak memory."""

from __future__ import annotations

from collections.abc import Callable

import engines
from timing import Limit, Row, Settings, Workload, measure, memory_row, peak_bytes

import numpy as np

SIZE = 1_000_000
ARRAY = SIZE * 8
OPERATIONS = 20


def inputs() -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(4)
    return tuple(rng.uniform(0.6, 1.4, SIZE) for _ in range(3))


def chain(lib: object, x: object, w: object, c: object) -> object:
    """Twice ten elementwise operations; x and w are differentiated."""
    for _ in range(OPERATIONS // 10):
        x = x * w
        x = x + c
        x = x * x
        x = x * -0.2
        x = x + 0.25
        x = lib.exp(x)
        x = x - w
        x = lib.sin(x)
        x = x * 0.9
        x = x + 0.5
    return x


def chain_by_hand(arrays: tuple[np.ndarray, ...]) -> tuple[Callable, Callable]:
    """Keeps only what the way back needs, and lets go of it as it goes."""
    start, w, c = arrays

    def record() -> object:
        x, saved = start, []
        for _ in range(OPERATIONS // 10):
            saved.append(x)
            x = x * w + c
            saved.append(x)
            x = np.exp(x * x * -0.2 + 0.25)
            saved.append(x)
            x = x - w
            saved.append(x)
            x = np.sin(x) * 0.9 + 0.5
        return x, saved

    def back(state: object) -> object:
        x, saved = state
        g, gw = np.ones(SIZE), np.zeros(SIZE)
        while saved:
            g *= 0.9
            g *= np.cos(saved.pop())
            gw -= g
            g *= saved.pop()
            g *= -0.4
            g *= saved.pop()
            gw += g * saved.pop()
            g *= w
        return x, [g, gw]

    return record, back


def chain_workload(name: str, settings: Settings) -> Workload:
    arrays = inputs()
    variants = engines.gradient_variants(settings.engines, chain, arrays, 2, chain_by_hand(arrays))
    return Workload(name, variants, {"total": (Limit(1.4),)})


def time(settings: Settings) -> list[Row]:
    """20 operations on a million elements, value and gradients."""
    workload = chain_workload("d. 20 ops on 1e6", settings)
    workload.variants = engines.joined(workload.variants)
    return measure(workload, settings)


def memory(settings: Settings) -> list[Row]:
    """The peak above the inputs, in MB, and that of 50 additions, in arrays."""
    workload = chain_workload("d. 20 ops on 1e6, peak memory", settings)
    row = memory_row(workload, "MB", peak_bytes, 1e6, (Limit(0.95),))

    start = inputs()[:1]
    variants = engines.gradient_variants(
        settings.engines, additions, start, 1, additions_by_hand(start[0])
    )
    workload = Workload("d. 50 times + 1.0 on 1e6, peak", variants)
    limits = (Limit(3.0, None),)
    return [row, memory_row(workload, "arrays", peak_bytes, ARRAY, limits)]


def additions(lib: object, x: object) -> object:
    for _ in range(50):
        x = x + 1.0
    return x


def additions_by_hand(start: np.ndarray) -> tuple[Callable, Callable]:
    def record() -> object:
        x = start
        for _ in range(50):
            x = x + 1.0
        return x

    def back(x: object) -> object:
        return x, [np.ones(SIZE)]

    return record, back
