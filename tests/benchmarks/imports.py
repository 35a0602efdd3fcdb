"""The CPU time of the import, in fresh interpreters."""

from __future__ import annotations

import os
import subprocess
import sys

import engines
from timing import SUBJECT, Limit, Row, Settings, timed_row

MODULES = {
    "numpy": "numpy",
    "minidiff": "minidiff.array_api",
    "autograd": "autograd.numpy",
    "torch": "torch",
}
UNWANTED = ("cupy", "scipy", "torch")

PROGRAM = """
import sys, time
start = time.process_time()
import {module}
print(time.process_time() - start)
print(*[name for name in {unwanted} if name in sys.modules])
"""


def once(module: str) -> tuple[float, list[str]]:
    """CPU seconds of one import, and which of the unwanted modules it brought along."""
    program = PROGRAM.format(module=module, unwanted=UNWANTED)
    places = filter(None, (os.environ.get("PYTHONPATH"), engines.SOURCE))
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(places))
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package has its bytecode
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    seconds, names = done.stdout.split("\n")[:2]
    return float(seconds), names.split()


def cost(settings: Settings) -> list[Row]:
    """The import of minidiff includes NumPy's, so 1 is the least there can be."""
    modules = {name: module for name, module in MODULES.items() if name in settings.engines}
    brought = {name: once(module)[1] for name, module in modules.items()}  # and warm the caches
    series: dict[str, list[float]] = {name: [] for name in modules}
    for _ in range(max(5, settings.rounds)):
        for name, module in modules.items():
            series[name].append(once(module)[0])
    row = timed_row("i. import", series, 1, (Limit(1.3), Limit(1.25, aim=True)))
    if brought.get(SUBJECT):
        row.faults[SUBJECT] = "the import also loads " + ", ".join(brought[SUBJECT])
    return [row]
