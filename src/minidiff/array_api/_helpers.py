"""What several chapters' formulas share."""

from __future__ import annotations

import math
from typing import Any

from ..backends import SCALARS

__all__ = ["SCALARS", "infinite_at_zero", "is_complex"]


def is_complex(xp: Any, x: Any) -> bool:
    return bool(xp.isdtype(x.dtype, "complex floating"))


def infinite_at_zero(xp: Any, x: Any) -> Any:
    """x, and inf in place of 0: a quotient by it is 0 there, and so are its derivatives."""
    return xp.where(x == 0, math.inf, x)
