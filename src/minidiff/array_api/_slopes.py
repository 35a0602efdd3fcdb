"""What element-wise formulas need where a slope is infinite, tied, or a function of its own."""

from __future__ import annotations

import math
from typing import Any

from ..core.rules import rule_of
from ..core.tensor import Tensor
from ._helpers import anywhere, infinite_at_zero


def on_either(row: Any, xp: Any, x: Any) -> Any:
    """A row inside a formula: on an array, or on a Tensor where the pass is recorded."""
    return row(x) if type(x) is Tensor else rule_of(row).row(xp, x)


def times_infinity(xp: Any, g: Any) -> Any:
    """A complex g times +inf, part by part: a 0 beside a part that is not 0 stays what it is.

    Chosen, not computed: a complex product has 0 * inf = nan in both parts. First as if both parts
    were positive, then turned into the quadrant of g, which keeps the sign of a zero.
    """
    right, up, both = xp.real(g), xp.imag(g), xp.full_like(g, complex(math.inf, math.inf))
    far = xp.where(up == 0, complex(math.inf, 0), xp.where(right == 0, complex(0, math.inf), both))
    far = xp.where(xp.signbit(up), xp.conj(far), far)
    far = xp.where(xp.signbit(right), -xp.conj(far), far)
    return xp.where((g == 0) | xp.isnan(g), math.nan, far)


def share_of_length(xp: Any, mine: Any, other: Any, out: Any) -> Any:
    """A side over the hypotenuse; 0 at the origin, 1 or -1 where that side alone is infinite."""
    if anywhere(xp, (out == 0) | xp.isinf(out)):
        alone = xp.isinf(mine) & xp.isfinite(other)
        mine = xp.where(alone, xp.sign(mine), mine)
        out = xp.where(alone, 1, infinite_at_zero(xp, out))
    return mine / out


def share_of_larger(xp: Any, g: Any, mine: Any, other: Any) -> Any:
    """All to the larger, half each in a tie or where one is nan; 0 to the smaller, whatever g is.

    By products, and first for what most arrays are: choosing with `where` on an unpredictable mask
    takes many times as long.
    """
    wins, loses = mine > other, mine < other
    share = g * xp.astype(wins, g.dtype)
    tied, spoiled = wins == loses, xp.isnan(share)
    if not anywhere(xp, tied | spoiled):
        return share
    halves = xp.astype(wins, xp.int8) + xp.astype(~loses, xp.int8)
    share = g * (0.5 * xp.astype(halves, g.dtype))
    return xp.where(loses, 0, share) if anywhere(xp, spoiled) else share
