"""Measuring: interleaved CPU times, peak memory, and the rows they are printed in."""

from __future__ import annotations

import gc
import statistics
import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from time import process_time

import numpy as np

REFERENCE = "numpy"
SUBJECT = "minidiff"
SAMPLE_SECONDS = 0.01

Phases = Sequence[Callable]
"""One run of a workload: the first is called with nothing, each other with the result before."""


@dataclass(frozen=True)
class Settings:
    """What the command line asks for."""

    rounds: int
    engines: Mapping[str, object]


@dataclass(frozen=True)
class Limit:
    """The most that minidiff may cost, as a ratio to `against` (None: the figure itself)."""

    most: float
    against: str | None = REFERENCE
    aim: bool = False
    """An aim is reported; only a limit that is missed makes `--check` fail."""

    def __str__(self) -> str:
        other = {None: "", REFERENCE: " x"}.get(self.against, f" x {self.against}")
        return f"<={self.most:g}{other}" + (" (aim)" if self.aim else "")


@dataclass
class Row:
    """One line of the table: a figure and, where it makes sense, a ratio for each engine."""

    name: str
    unit: str
    figures: dict[str, float]
    ratios: dict[str, float] = field(default_factory=dict)
    """To the hand-written NumPy."""
    against: dict[str, float] = field(default_factory=dict)
    """minidiff's own ratio to each other engine."""
    limits: tuple[Limit, ...] = ()
    faults: dict[str, str] = field(default_factory=dict)

    def judged(self, limit: Limit) -> float | None:
        """The number that a limit is about, None where it could not be measured."""
        if limit.against is None:
            return self.figures.get(SUBJECT)
        return self.against.get(limit.against)

    def missed(self) -> list[Limit]:
        """The limits that are exceeded, judged by the two decimals that are printed."""
        values = [(limit, self.judged(limit)) for limit in self.limits]
        return [
            limit for limit, value in values if value is not None and round(value, 2) > limit.most
        ]

    def failed(self) -> bool:
        """Whether a limit, not only an aim, is missed or minidiff did not run."""
        return SUBJECT in self.faults or any(not limit.aim for limit in self.missed())

    def verdict(self) -> str:
        if self.faults:
            return "FAULT: " + "; ".join(f"{name}: {text}" for name, text in self.faults.items())
        if not self.limits or SUBJECT not in self.figures:
            return ""
        missed = self.missed()
        if any(not limit.aim for limit in missed):
            return "MISSED"
        return "above aim" if missed else "ok"


@dataclass
class Workload:
    """The same work by every engine. Each phase becomes a row; several also give a total."""

    name: str
    variants: dict[str, Phases]
    limits: dict[str, tuple[Limit, ...]] = field(default_factory=dict)
    """By phase name or 'total'."""
    phases: tuple[str, ...] = ("total",)
    operations: int = 1
    """The time shown is per operation."""
    tolerance: float = 1e-9
    slow: bool = False
    """Takes seconds: a third of the rounds is enough."""


# ---------------------------------------------------------------- agreement


def as_arrays(result: object) -> list[np.ndarray]:
    """Every array in a result, whichever engine made it."""
    if isinstance(result, (tuple, list)):
        return [array for part in result for array in as_arrays(part)]
    if hasattr(result, "as_numpy"):
        return [np.asarray(result.as_numpy())]
    if hasattr(result, "detach"):
        return [result.detach().numpy()]
    return [np.asarray(result)]


def run_once(phases: Phases) -> object:
    """One whole run, its last result."""
    state = phases[0]()
    for phase in phases[1:]:
        state = phase(state)
    return state


def difference(found: object, expected: object, tolerance: float) -> str | None:
    """What is wrong with a result, None where it agrees with the hand-written one."""
    found, expected = as_arrays(found), as_arrays(expected)
    if len(found) != len(expected):
        return f"{len(found)} results, not {len(expected)}"
    for number, (one, other) in enumerate(zip(found, expected, strict=True)):
        if one.shape != other.shape or one.dtype != other.dtype:
            return f"result {number} is {one.dtype}{one.shape}, expected {other.dtype}{other.shape}"
        scale = float(np.max(np.abs(other), initial=0.0)) or 1.0
        error = float(np.max(np.abs(one - other), initial=0.0)) / scale
        if not error <= tolerance:
            return f"result {number} is off by {error:.1e} of its largest element"
    return None


def agreeing(workload: Workload) -> tuple[dict[str, Phases], dict[str, str]]:
    """The engines that give the hand-written value and gradient, and what the others did."""
    expected = run_once(workload.variants[REFERENCE])
    good, faults = {}, {}
    for name, phases in workload.variants.items():
        try:
            fault = difference(run_once(phases), expected, workload.tolerance)
        except Exception as error:  # an engine that cannot do it is part of the report
            fault = f"{type(error).__name__}: {error}".splitlines()[0][:160]
        if fault is None:
            good[name] = phases
        else:
            faults[name] = fault
    return good, faults


# --------------------------------------------------------------------- time


def sample(phases: Phases, number: int) -> list[float]:
    """CPU seconds of each phase for one run, from `number` runs."""
    gc.collect()
    if len(phases) == 1:
        run = phases[0]
        start = process_time()
        for _ in repeat(None, number):
            run()
        return [(process_time() - start) / number]
    seconds = [0.0] * len(phases)
    for _ in repeat(None, number):
        state = None
        for index, phase in enumerate(phases):
            start = process_time()
            state = phase(state) if index else phase()
            seconds[index] += process_time() - start
    return [value / number for value in seconds]


def enough(phases: Phases) -> int:
    """How many runs make a sample long enough; found with warm caches, as the sample will be."""
    number = 1
    while (seconds := sum(sample(phases, number)) * number) < SAMPLE_SECONDS / 2:
        number *= 2
    return max(1, round(number * SAMPLE_SECONDS / seconds))


def measure(workload: Workload, settings: Settings) -> list[Row]:
    """Check that the engines agree, then time them in turn, round by round."""
    good, faults = agreeing(workload)
    rounds = settings.rounds if not workload.slow else max(3, settings.rounds // 3)
    numbers = {name: enough(phases) for name, phases in good.items()}
    times: dict[str, list[list[float]]] = {name: [] for name in good}
    order = list(good)
    for _ in range(rounds):
        for name in order:
            times[name].append(sample(good[name], numbers[name]))
        order = order[1:] + order[:1]

    several = len(workload.phases) > 1
    rows = []
    for index, phase in enumerate((*workload.phases, "total") if several else workload.phases):
        total = index == len(workload.phases)
        series = {
            name: [sum(one) if total else one[index] for one in rounds]
            for name, rounds in times.items()
        }
        title = f"{workload.name} {phase}" if several else workload.name
        limits = workload.limits.get(phase, ())
        row = timed_row(title, series, workload.operations, limits)
        row.faults = faults if total or not several else {}
        rows.append(row)
    return rows


def timed_row(
    name: str, series: dict[str, list[float]], operations: int, limits: tuple[Limit, ...]
) -> Row:
    """Medians over the rounds, and medians of the ratios within each round."""
    per = "/op" if operations > 1 else ""
    middle = {engine: statistics.median(values) for engine, values in series.items()}
    base = middle[REFERENCE] / operations
    unit, factor = ("ms", 1e3) if base >= 1e-3 else ("us", 1e6)
    return Row(
        name,
        unit + per,
        {engine: value / operations * factor for engine, value in middle.items()},
        {engine: paired(values, series[REFERENCE]) for engine, values in series.items()},
        {other: paired(series[SUBJECT], values) for other, values in series.items()}
        if SUBJECT in series
        else {},
        limits,
    )


def paired(ours: list[float], theirs: list[float]) -> float:
    """The median of the ratios round by round: what slows one round slows both."""
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


# ------------------------------------------------------------------- memory


def peak_bytes(phases: Phases) -> int:
    """The most a run allocates above what lay there before it."""
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        result = run_once(phases)
        peak = tracemalloc.get_traced_memory()[1]
        del result
    finally:
        tracemalloc.stop()
    return peak - before


def kept_bytes(phases: Phases) -> int:
    """What the first phase leaves allocated while its result is held."""
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        state = phases[0]()
        gc.collect()
        kept = tracemalloc.get_traced_memory()[0] - before
        del state
    finally:
        tracemalloc.stop()
    return kept


def memory_row(
    workload: Workload,
    unit: str,
    reading: Callable[[Phases], int],
    divisor: float,
    limits: tuple[Limit, ...],
) -> Row:
    """One figure of memory for each engine that allocates through Python."""
    good, faults = agreeing(workload)
    figures = {name: reading(phases) / divisor for name, phases in good.items() if name != "torch"}
    base = figures[REFERENCE]
    return Row(
        workload.name,
        unit,
        figures,
        {name: value / base for name, value in figures.items()},
        {name: figures[SUBJECT] / value for name, value in figures.items()}
        if SUBJECT in figures
        else {},
        limits,
        faults,
    )
