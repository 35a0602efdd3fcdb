"""Equal eigenvalues, equal singular values: what their cotangents say, and what they cannot say.

A function V f(w) Vᴴ of Hermitian matrices does not see the choice of vectors among equal values,
and is differentiable. With G the cotangent of its result, in the basis V, its gradient consists of
Gᵢⱼ (f(wⱼ) - f(wᵢ)) / (wⱼ - wᵢ), and Gᵢⱼ f'(w) where wᵢ = wⱼ. (Y. L. Daleckii and S. G. Krein,
"Integration and differentiation of functions of Hermitian operators", 1965; N. J. Higham,
"Functions of Matrices", 2008, theorem 3.11.) But of its factors, V receives Gᵢⱼ f(w) and w receives
Gᵢᵢ f'(w), and that does not contain Gᵢⱼ f'(w). So at equal values a gradient is

- exact where the loss takes from them the values alone, and treats them alike; or the vectors
  alone, and does not see their choice; or nothing (where nothing arrives, nothing goes on);
- what the basis of the library gives, where it takes the values alone, and not alike;
- nan, with a warning, where it sees the choice, or takes both the values and the vectors.

The gradient of a function of the values alone, V diag(g) Vᴴ, is such a function itself. So a second
derivative is exact where g does not depend on the equal values, and nan elsewhere.

The same holds for singular values. Those of 0 equal their own negatives too: where a matrix is
complex or not square, a single one counts as equal.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

from ..core.words import differentiable
from ._helpers import anywhere
from ._matrices import adjoint, antihermitian, columns, hermitian, real_part, rounding

if TYPE_CHECKING:
    from ..core.tensor import Tensor


def gaps(w: Any) -> Any:
    return w[..., None, :] - w[..., :, None]


def sums(s: Any) -> Any:
    return s[..., None, :] + s[..., :, None]


def of_both(condition: Any) -> Any:
    """Where a condition holds for both of a pair."""
    return condition[..., None, :] & condition[..., :, None]


def over_gaps(
    xp: Any, x: Any, gap: Any, tiny: Any, beside: Any, name: str = "", unknown: Any = False
) -> Any:
    """Matrix x over gaps between values, where a gap of 0 does no harm if x is 0 there too.

    `tiny` bounds the gaps that count as 0; `beside` has the magnitude that x is 0 in relation to;
    `unknown` says where 0/0 need not be 0. `name` is for a warning; forward mode gives none, since
    it cannot see whether the loss will use the vectors at all.
    """
    equal = xp.abs(gap) <= tiny
    harmful = equal & (unknown | ~(xp.abs(x) <= rounding(xp, beside, (-2, -1))))
    if name and anywhere(xp, harmful):
        warnings.warn(
            f"{name}: equal values, and the loss depends on the choice among their vectors, or on "
            "the vectors and the values, or this is a second derivative: what arrives here does "
            f"not determine it, and it is nan; where a loss needs values alone, use {ALONE[name]}",
            RuntimeWarning,
            stacklevel=2,
        )
    return xp.where(harmful, math.nan, xp.where(equal, 0, x) / xp.where(equal, 1, gap))


ALONE = {"eigh": "eigvalsh", "eig": "eigvals", "svd": "svdvals"}


def in_use(xp: Any, g: Any, values: Any, beside: Any) -> Any:
    """Which values receive something that is not negligible beside what their vectors receive."""
    if g is None or 0 in values.shape:
        return None
    # Times a value it has the unit of the loss, as `beside` has.
    scaled = xp.abs(g) * xp.max(xp.abs(values), axis=-1, keepdims=True)
    return (g != 0) & ((scaled == 0) | (scaled > rounding(xp, beside, (-2, -1))[..., 0]))


def untold(xp: Any, M: Any, beside: Any, used: Any) -> Any:
    """The pairs of which something is in use, M or a value, where a loss takes both kinds."""
    if used is None:
        return False
    seen = xp.abs(M) > rounding(xp, beside, (-2, -1))
    return seen | xp.matrix_transpose(seen) | used[..., None, :] | used[..., :, None]


# ---- second derivatives
#
# Where g is 0 for equal values, V receives nothing from G, and w what the diagonal of G moves in g.
# If the diagonal moves nothing, nor would the rest. But where only the rest of G is not 0, nothing
# arrives, and a derivative of g may be there all the same. So there a recorded pass looks at G.


def at_rest(xp: Any, g: Any) -> Any:
    """The values that receive 0, beside what others receive."""
    return xp.abs(g) <= rounding(xp, g, -1)


# pairs: of equal values; zero: which singular values are 0; alone: whether the loss has no vectors,
# so that the diagonal tells.


def watched_left(
    xp: Any, g: Any, left: Any, inverse: Any, right: Any, pairs: Any, zero: Any, alone: bool
) -> Any:
    G = inverse @ g @ right
    tiny = rounding(xp, G, (-2, -1))
    d = real_part(xp, xp.linalg.diagonal(G))
    seen = xp.abs(G if zero is None else hermitian(xp, G)) > tiny
    seen = pairs & (seen | xp.matrix_transpose(seen))
    lost = xp.any(seen & ~(alone & (xp.abs(gaps(d)) > tiny)), axis=-2)
    if zero is not None:  # singular values of 0: there all of G counts, and what lies outside
        lone = zero & ~(alone & (xp.abs(d) > tiny[..., 0]))
        against = of_both(lone) & (xp.abs(antihermitian(xp, G)) > tiny)
        above = xp.abs(g @ right - left @ G) > tiny
        aside = xp.abs(inverse @ g - G @ adjoint(xp, right)) > tiny
        lost = lost | xp.any(against, axis=-2)
        lost = lost | (lone & (xp.any(above, axis=-2) | xp.any(aside, axis=-1)))
    return xp.where(columns(lost), math.nan, xp.zeros_like(left))


@differentiable(x=lambda g: g, left=watched_left, jvp=lambda dx: dx)
def watched(
    xp: Any,
    x: Tensor,
    left: Tensor,
    inverse: Tensor,
    right: Tensor,
    pairs: Tensor,
    zero: Tensor | None,
    alone: bool,
    /,
) -> Tensor:
    """The gradient x, whose vectors `left` get nan where what x receives would be lost."""
    return on_batches(x, left, inverse, right, pairs, zero, alone) if is_batch(x) else x


def watch(
    xp: Any, x: Any, left: Any, inverse: Any, right: Any, pairs: Any, zero: Any, alone: bool
) -> Any:
    """`watched`, on whatever a formula has, if there is something to watch."""
    if not anywhere(xp, pairs) and (zero is None or not anywhere(xp, zero)):
        return x
    take = on_batches if is_batch(x) else watched
    return take(x, left, inverse, right, pairs, zero, alone)


def is_batch(x: Any) -> bool:
    return hasattr(x, "in_any_sample")


def on_batches(x: Any, *others: Any) -> Any:
    """`watched` inside vmap, where the history is underneath."""
    values = [one.value if is_batch(one) else one for one in others]
    return type(x)(watched(x.value, *values), x.mapped)
