"""Benchmarks of minidiff beside hand-written NumPy: `python tests/benchmarks --help`."""

from __future__ import annotations

import argparse
import gc
import os
import platform
import sys

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

# From here on NumPy is imported, which reads these once.
import chains
import engines
import example
import gaussian
import imports
import indexing
import large
import network
import operations
import transforms
from timing import REFERENCE, SUBJECT, Limit, Row, Settings

BENCHMARKS = {
    "plain": chains.plain,
    "recorded": chains.recorded,
    "operations": operations.table,
    "example": example.first,
    "example2": example.second,
    "mlp": network.step,
    "million": large.time,
    "memory": large.memory,
    "deep": chains.deep,
    "kept": chains.kept,
    "gaussian": gaussian.likelihood,
    "rosenbrock": indexing.gradient,
    "stencil": indexing.stencil,
    "embedding": indexing.embedding,
    "hessian": transforms.second_order,
    "vmap": transforms.batches,
    "checkpoint": transforms.checkpoints,
    "import": imports.cost,
}

NAME_WIDTH = 42
COLUMN = 9


def number(value: float | None) -> str:
    """Three significant digits, or a dot where nothing was measured."""
    if value is None:
        return "."
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def stated(row: Row, limit: Limit) -> str:
    """The limit, with what it judges where no column shows that."""
    value = row.judged(limit)
    if limit.against in (None, REFERENCE) or value is None:
        return str(limit)
    return f"{limit}: {number(value)}"


def line(row: Row, names: list[str]) -> str:
    figures = "".join(f"{number(row.figures.get(name)):>{COLUMN}}" for name in names)
    ratios = "".join(f"{number(row.ratios.get(name)):>{COLUMN}}" for name in names[1:])
    limits = ", ".join(stated(row, limit) for limit in row.limits)
    text = f"{row.name:<{NAME_WIDTH}}{row.unit:<7}{figures}  |{ratios}  |  {row.verdict():<9}"
    return f"{text} {limits}".rstrip()


def heading(names: list[str]) -> str:
    figures = "".join(f"{name:>{COLUMN}}" for name in names)
    ratios = "".join(f"{name:>{COLUMN}}" for name in names[1:])
    width = COLUMN * len(names)
    above = f"{'':{NAME_WIDTH + 7}}{'median':>{width}}  |{'ratio to numpy':>{width - COLUMN}}  |"
    below = f"{'workload':<{NAME_WIDTH}}{'unit':<7}{figures}  |{ratios}  |  verdict   limits"
    return f"{above}\n{below}\n{'-' * (len(below) + 8)}"


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python tests/benchmarks", description=__doc__)
    parser.add_argument(
        "--only", metavar="NAME", action="append", help="one of: " + ", ".join(BENCHMARKS)
    )
    parser.add_argument("--rounds", type=int, default=15, help="rounds of each workload (15)")
    parser.add_argument("--quick", action="store_true", help="5 rounds, for a first look")
    parser.add_argument("--check", action="store_true", help="exit 1 if a limit is missed")
    options = parser.parse_args()
    unknown = set(options.only or ()) - set(BENCHMARKS)
    if unknown:
        parser.error(f"no benchmark named {', '.join(sorted(unknown))}")
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    return options


def main() -> int:
    options = parsed()
    found, missing = engines.load()
    gc.collect()
    gc.freeze()  # what the imports left is not to be scanned over and over by the collector
    settings = Settings(5 if options.quick else options.rounds, found)

    names = list(found)
    versions = ", ".join(f"{name} {engines.version(name)}" for name in names)
    print(f"Python {platform.python_version()}, {versions}; one thread, CPU time,")
    print(f"medians of {settings.rounds} interleaved rounds")
    for name, reason in missing.items():
        print(f"{name} is left out: {reason}")
    print(f"\n{heading(names)}")

    rows: list[Row] = []
    for name, benchmark in BENCHMARKS.items():
        if options.only and name not in options.only:
            continue
        for row in benchmark(settings):
            print(line(row, names), flush=True)
            rows.append(row)

    missed = [row.name for row in rows if row.failed()]
    if missed:
        print(f"\n{len(missed)} missed: " + "; ".join(missed))
    return int(options.check and (bool(missed) or SUBJECT not in found))


if __name__ == "__main__":
    sys.exit(main())
