"""Nan and inf on the way back: the operation that made one is named, or 0 stops them.

`detect_anomaly` names the operation and the user's line behind it; under `strong_zeros` what
arrives as exactly 0 goes on as 0.
"""

from __future__ import annotations

import functools
import math
import operator
import sys
import warnings
from types import FrameType
from typing import Any

from .graph import OpNode
from .rules import Rule
from .tensor import Tensor, raw

# Whose frames are none of the user's: this package, and NumPy, which calls it back.
OURS = {__name__.partition(".")[0], "numpy"}


def users_frame() -> tuple[FrameType, int]:
    """The innermost frame that is the user's, and how far up it is from here."""
    frame, depth = sys._getframe(1), 1
    while frame.f_back is not None and module_of(frame) in OURS:
        frame, depth = frame.f_back, depth + 1
    return frame, depth


def module_of(frame: FrameType) -> str:
    name: str = frame.f_globals.get("__name__", "")
    return name.partition(".")[0]


def users_line() -> str:
    """The line of that frame."""
    import linecache  # costs an import that most programs can do without

    frame, _ = users_frame()
    code, number = frame.f_code, frame.f_lineno
    text = linecache.getline(code.co_filename, number).strip()
    return f"{code.co_filename}:{number}, in {code.co_name}: {text}"


def look_for_anomaly(mode: str, node: OpNode, name: str, g: Any, d: Any) -> None:
    """An error, or a warning, if `d` has nan or inf and what it was made of has none.

    `g` is what arrived: an array or Tensor, or several for a function with several results.
    """
    arrived = [one for one in (g if isinstance(g, tuple | list) else [g]) if one is not None]
    xp, good = finite(node, d)
    if xp.all(good) or not all(xp.all(finite(node, one)[1]) for one in arrived):
        return
    count = int(xp.sum(xp.astype(~good, xp.int64)))
    line = getattr(node, "trace", "")
    unknown = "outside detect_anomaly(): enter it around the forward pass to see the line"
    place = f"shape {tuple(good.shape)}, result {tuple(node.shape)}"
    message = (
        f"d({node.rule.name})/d({name}) made inf or nan in {count} of {math.prod(good.shape)} "
        f"elements ({place}); recorded {f'at {line}' if line else unknown}. If a later where() or "
        "mask leaves these elements out, guard the input (where(ok, x, 1)) or use strong_zeros()"
    )
    if mode == "raise":
        raise FloatingPointError(message)
    warnings.warn(message, RuntimeWarning, stacklevel=users_frame()[1])


def finite(node: OpNode, value: Any) -> tuple[Any, Any]:
    """The functions for a gradient, and where it is finite; inside vmap, that of all samples."""
    backend, array = node.backend, raw(value)
    while type(getattr(array, "value", None)) is Tensor:  # a batch: what lies underneath
        backend, array = array.value._backend, raw(array.value)
    return backend.arrays, backend.arrays.isfinite(array)


def with_strong_zeros(rule: Rule, xp: Any, g: Any, d: Any) -> Any:
    """What a formula gave, with 0 where exactly 0 arrived and the product is nan or infinite.

    An element-wise function goes element by element; of others no more is known than that nothing
    goes on where nothing at all arrived. Finite values stay what they are: zeros, but zeros that
    know how they depend on what arrives.
    """
    if rule.word == "elementwise":
        nothing = g == 0
    else:
        parts = [one for one in (g if isinstance(g, tuple | list) else [g]) if one is not None]
        nothing = functools.reduce(operator.and_, [xp.all(part == 0) for part in parts])
    return xp.where(nothing & ~xp.isfinite(d), 0, d)
