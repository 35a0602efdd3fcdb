"""The cost of single operations on small arrays: plain, recorded, walked back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import engines
from timing import Row, Settings, Workload, measure

import numpy as np

REPEATS = 50


@dataclass(frozen=True)
class Operation:
    """One operation applied `REPEATS` times over, and its backward step by hand."""

    name: str
    step: Callable
    """`step(lib, x, w)` gives the next x."""
    back: Callable
    """`back(g, before, w, gw)` gives the gradient before the step, and adds to w's."""
    x: np.ndarray
    w: np.ndarray


def operations() -> list[Operation]:
    rng = np.random.default_rng(2)
    x, w = rng.uniform(0.8, 1.2, 10), rng.uniform(0.9, 1.1, 10)
    long = rng.uniform(-1.0, 1.0, REPEATS + 10)
    rotation = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    return [
        Operation("x * w", lambda lib, x, w: x * w, multiply_back, x, w),
        Operation("x + 0.1", lambda lib, x, w: x + 0.1, lambda g, before, w, gw: g, x, w),
        Operation("sin(x)", lambda lib, x, w: lib.sin(x), sin_back, x, w),
        Operation("x[1:]", lambda lib, x, w: x[1:], slice_back, long, w),
        Operation("w + sum(x)", lambda lib, x, w: w + lib.sum(x), sum_back, x * 1e-9, w * 1e-9),
        Operation("x @ w (4x4)", lambda lib, x, w: x @ w, matmul_back, np.eye(4), rotation),
    ]


def multiply_back(g: np.ndarray, before: np.ndarray, w: np.ndarray, gw: np.ndarray) -> object:
    gw += g * before
    return g * w


def sin_back(g: np.ndarray, before: np.ndarray, w: np.ndarray, gw: np.ndarray) -> object:
    return g * np.cos(before)


def slice_back(g: np.ndarray, before: np.ndarray, w: np.ndarray, gw: np.ndarray) -> object:
    grown = np.empty(before.size)
    grown[0] = 0.0
    grown[1:] = g
    return grown


def sum_back(g: np.ndarray, before: np.ndarray, w: np.ndarray, gw: np.ndarray) -> object:
    gw += g
    return np.full(before.size, np.add.reduce(g))


def matmul_back(g: np.ndarray, before: np.ndarray, w: np.ndarray, gw: np.ndarray) -> object:
    gw += before.T @ g
    return g @ w.T


def chain(step: Callable) -> Callable:
    def function(lib: object, x: object, w: object) -> object:
        for _ in range(REPEATS):
            x = step(lib, x, w)
        return x

    return function


def by_hand(operation: Operation) -> tuple[Callable, Callable]:
    step, step_back, start, w = operation.step, operation.back, operation.x, operation.w

    def record() -> object:
        x, saved = start, []
        for _ in range(REPEATS):
            saved.append(x)
            x = step(np, x, w)
        return x, saved

    def back(state: object) -> object:
        x, saved = state
        g, gw = np.ones(x.shape), np.zeros(w.shape)
        while saved:
            g = step_back(g, saved.pop(), w, gw)
        return x, [g, gw]

    return record, back


def table(settings: Settings) -> list[Row]:
    """Three rows for each operation; reported, without limits."""
    rows = []
    for operation in operations():
        function, arrays = chain(operation.step), (operation.x, operation.w)
        # Where w takes no part, only x is differentiated.
        tracked = 2 if operation.back in (multiply_back, sum_back, matmul_back) else 1
        variants = engines.gradient_variants(
            settings.engines, function, arrays, tracked, trimmed(by_hand(operation), tracked)
        )
        plain = Workload(
            f"{operation.name}, plain",
            engines.plain_variants(settings.engines, function, arrays),
            operations=REPEATS,
        )
        both = Workload(
            f"{operation.name},",
            variants,
            phases=("recorded", "walked back"),
            operations=REPEATS,
        )
        rows += measure(plain, settings)
        recorded, back, total = measure(both, settings)
        recorded.faults = total.faults
        rows += [recorded, back]
    return rows


def trimmed(phases: tuple[Callable, Callable], tracked: int) -> tuple[Callable, Callable]:
    """The same phases with only the gradients that were asked for in the result."""
    record, back = phases

    def back_trimmed(state: object) -> object:
        value, gradients = back(state)
        return value, gradients[:tracked]

    return record, back_trimmed
