"""What `detect_anomaly` reports: the operation that made a nan or inf, and the line behind it."""

from __future__ import annotations

import os
import sys
import warnings
from typing import Any

from .graph import OpNode

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def users_line() -> str:
    """The innermost line that is running outside this package."""
    import linecache  # costs an import that most programs can do without

    frame = sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(PACKAGE):
        frame = frame.f_back
    code, number = frame.f_code, frame.f_lineno
    text = linecache.getline(code.co_filename, number).strip()
    return f"{code.co_filename}:{number}, in {code.co_name}: {text}"


def look_for_anomaly(mode: str, node: OpNode, name: str, g: Any, d: Any) -> None:
    """An error, or a warning, if `d` has nan or inf and what it was made of has none."""
    xp = node.backend.arrays
    bad = ~xp.isfinite(d)
    if not xp.any(bad) or not all(xp.all(xp.isfinite(one)) for one in g):
        return
    count = int(xp.sum(xp.astype(bad, xp.int64)))
    line = getattr(node, "trace", "")
    unknown = "outside detect_anomaly(): enter it around the forward pass to see the line"
    message = (
        f"d({node.rule.name})/d({name}) made inf or nan in {count} of {bad.size} elements "
        f"(shape {tuple(d.shape)}, result {tuple(node.shape)}); recorded "
        f"{f'at {line}' if line else unknown}. If a later where() or mask leaves these elements "
        "out, guard the input (where(ok, x, 1)) or use strong_zeros()"
    )
    if mode == "raise":
        raise FloatingPointError(message)
    warnings.warn(message, RuntimeWarning, stacklevel=2)
