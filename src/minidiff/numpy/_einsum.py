"""`einsum`: sums of products of arrays, as a formula says which axes belong together."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Sequence
from typing import Any

from .. import array_api as xp
from ..core.tensor import Tensor
from ._axes import check_order
from ._dtypes import alike_arrays, cast, is_bool
from ._inputs import into
from ._products import diagonal

__all__ = ["einsum"]


def einsum(
    *operands: Any,
    out: Any = None,
    optimize: Any = True,
    dtype: Any = None,
    order: str = "K",
    casting: str = "safe",
) -> Tensor:
    """Sums of products of arrays, as a formula says which axes belong together.

    Parameters
    ----------
    *operands
        A formula such as 'ij,jk->ik' and an array for each of its terms, or, as NumPy has it too,
        each array followed by a list of its axes, and perhaps the list of the result's.
    optimize : bool or str
        In which order to multiply: by opt_einsum's path where that package is installed (a string
        is its strategy), else from left to right; False: from left to right.
    out, dtype, order, casting
        As in `numpy.einsum`; `order` changes nothing.

    Examples
    --------
    >>> import minidiff.numpy as np
    >>> np.einsum("ij,j->i", [[1.0, 2.0], [3.0, 4.0]], [1.0, 10.0])
    Tensor([21., 43.])
    """
    check_order("einsum", order)
    terms, result, arrays = _parsed(operands)
    arrays = [cast(x, dtype, "unsafe" if casting == "unsafe" else "same_kind") for x in arrays]
    return into(out, _summed(terms, result, arrays, optimize), casting)


def _summed(terms: list[str], out: str, arrays: list[Tensor], optimize: Any) -> Tensor:
    pairs = list(zip(terms, arrays, strict=True))
    for places in _path(terms, out, [x.shape for x in arrays], optimize):
        chosen = [pairs[place] for place in places]
        pairs = [pair for place, pair in enumerate(pairs) if place not in places]
        needed = set(out).union(*[set(term) for term, _ in pairs])
        term, x = _reduced(*chosen[0], needed.union(*[set(term) for term, _ in chosen[1:]]))
        for i, (other, y) in enumerate(chosen[1:], 2):
            later = needed.union(*[set(term) for term, _ in chosen[i:]])
            term, x = _multiplied(term, x, *_reduced(other, y, later | set(term)), later)
        pairs.append((term, x))
    ((term, x),) = pairs
    term, x = _reduced(term, x, set(out))
    return xp.permute_dims(x, tuple([term.index(axis) for axis in out]))


def _parsed(operands: Sequence[Any]) -> tuple[list[str], str, list[Tensor]]:
    """The terms of a formula, its result's and the arrays; an ellipsis stands as Greek letters."""
    if isinstance(operands[0], str):
        formula, given = operands[0].replace(" ", ""), operands[1:]
    else:
        formula, given = _as_formula(operands)
    left, arrow, out = formula.partition("->")
    terms = left.split(",")
    if len(terms) != len(given):
        raise ValueError(f"einsum: {formula!r} has {len(terms)} terms for {len(given)} arrays")
    arrays = alike_arrays(*given)
    dots = [x.ndim - len(term) + 3 for term, x in zip(terms, arrays, strict=True) if "..." in term]
    most = max(dots, default=0)
    names = [chr(0x391 + i) for i in range(most)]  # Greek letters: nobody's formula has them
    whole = []
    for term, x in zip(terms, arrays, strict=True):
        missing = x.ndim - len(term) + 3
        term = term.replace("...", "".join(names[most - missing :]) if missing else "")
        if len(term) != x.ndim:
            raise ValueError(f"einsum: the term {term!r} stands for an array of shape {x.shape}")
        whole.append(term)
    if arrow:
        if names and "..." not in out:
            raise ValueError(f"einsum: {formula!r} says nothing of the axes that '...' stands for")
        out = out.replace("...", "".join(names))
    else:
        letters = "".join(whole)
        once = [one for one in sorted(set(letters)) if letters.count(one) == 1 and one not in names]
        out = "".join([*names, *once])
    for one in out:
        if not any(one in term for term in whole):
            raise ValueError(f"einsum: the result has {one!r}, and no term has it")
    return whole, out, arrays


def _as_formula(operands: Sequence[Any]) -> tuple[str, list[Any]]:
    """A formula from arrays that are each followed by a list of axes."""
    arrays, lists = list(operands[0::2]), list(operands[1::2])
    out = None
    if len(arrays) > len(lists):
        out = arrays.pop()

    def text(axes: Sequence[Any]) -> str:
        return "".join(["..." if one is Ellipsis else chr(ord("a") + one) for one in axes])

    formula = ",".join(map(text, lists))
    return (formula if out is None else f"{formula}->{text(out)}"), arrays


def _path(
    terms: list[str], out: str, shapes: list[tuple[int, ...]], optimize: Any
) -> Sequence[tuple[int, ...]]:
    """Which of the arrays that are left to multiply next, and so on."""
    if len(terms) == 1:
        return []
    if optimize and len(terms) > 2 and importlib.util.find_spec("opt_einsum") is not None:
        import opt_einsum

        strategy: Any = optimize if isinstance(optimize, str) else "auto"
        path, _ = opt_einsum.contract_path(
            f"{','.join(terms)}->{out}", *shapes, shapes=True, optimize=strategy
        )
        return [tuple(one) for one in path]
    # The product so far comes last in the list, after the arrays that are left.
    return [(0, 1), *[(left - 1, 0) for left in range(len(terms) - 1, 1, -1)]]


def _reduced(term: str, x: Tensor, needed: set[str]) -> tuple[str, Tensor]:
    """Without axes that come twice (the diagonal) or that nobody needs (summed)."""
    for axis in sorted(set(term)):
        while term.count(axis) > 1:
            first, second = term.index(axis), term.rindex(axis)
            x = diagonal(x, 0, first, second)
            term = "".join([one for i, one in enumerate(term) if i not in (first, second)]) + axis
    gone = tuple([i for i, axis in enumerate(term) if axis not in needed])
    if gone:
        x = xp.any(x, axis=gone) if is_bool(x) else xp.sum(x, axis=gone, dtype=x.dtype)
    return "".join([axis for axis in term if axis in needed]), x


def _multiplied(one: str, x: Tensor, other: str, y: Tensor, needed: set[str]) -> tuple[str, Tensor]:
    """The product of two arrays, the axes that both have and nobody needs summed: a matmul."""
    both = [axis for axis in one if axis in other]
    batch = [axis for axis in both if axis in needed]
    summed = [axis for axis in both if axis not in needed]
    left = [axis for axis in one if axis not in both]
    right = [axis for axis in other if axis not in both]
    sides = {**dict(zip(other, y.shape, strict=True))}
    for axis, side in zip(one, x.shape, strict=True):
        if sides.get(axis, 1) == 1:
            sides[axis] = side
    x = xp.permute_dims(x, tuple([one.index(axis) for axis in (*batch, *left, *summed)]))
    y = xp.permute_dims(y, tuple([other.index(axis) for axis in (*batch, *summed, *right)]))
    shape = tuple([sides[axis] for axis in batch])
    x = xp.broadcast_to(x, tuple([sides[axis] for axis in (*batch, *left, *summed)]))
    y = xp.broadcast_to(y, tuple([sides[axis] for axis in (*batch, *summed, *right)]))
    rows, columns, inside = [
        math.prod([sides[axis] for axis in axes]) for axes in (left, right, summed)
    ]
    out = xp.matmul(xp.reshape(x, (*shape, rows, inside)), xp.reshape(y, (*shape, inside, columns)))
    term = [*batch, *left, *right]
    return "".join(term), xp.reshape(out, tuple([sides[axis] for axis in term]))
