"""The array API standard, differentiable: change one import, call `.backward()`."""

from __future__ import annotations

from typing import Any

from . import array_api
from ._version import __version__
from .array_api._namespace import wrap
from .core.forward import jvp
from .core.graph import (
    allow_detach,
    allow_gauge_dependence,
    detect_anomaly,
    disable_new_grads,
    enable_grad,
    no_grad,
    strong_zeros,
)
from .core.tensor import Tensor
from .core.words import bilinear, composite, differentiable, elementwise, linear, nondifferentiable

__all__ = [
    "Tensor",
    "__version__",
    "allow_detach",
    "allow_gauge_dependence",
    "array_api",
    "bilinear",
    "composite",
    "detect_anomaly",
    "differentiable",
    "disable_new_grads",
    "elementwise",
    "enable_grad",
    "jvp",
    "linear",
    "no_grad",
    "nondifferentiable",
    "strong_zeros",
    "wrap",
]


def __getattr__(name: str) -> Any:
    """Every function of the standard is at the top level too: `md.sin`, `md.where`, ..."""
    if name in array_api.__all__:
        found = globals()[name] = getattr(array_api, name)  # found at once from now on
        return found
    raise AttributeError(f"module 'minidiff' has no attribute {name!r}")
