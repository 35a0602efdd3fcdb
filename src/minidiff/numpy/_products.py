"""Products of vectors, matrices and arrays, `einsum` among them; convolution and interpolation."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Sequence
from typing import Any

from .. import array_api as xp
from ..core.tensor import Tensor
from ._inputs import is_complex, namespace, tensor, tensors
from ._manipulation import ravel


def dot(a: Any, b: Any) -> Tensor:
    """The product of two vectors, of matrices, or of an array's last axis with the second to last.

    Numbers multiply.
    """
    a, b = tensors(a, b)
    if a.ndim == 0 or b.ndim == 0:
        return xp.multiply(a, b)
    if a.ndim <= 2 and b.ndim <= 2:
        return xp.matmul(a, b)
    return xp.tensordot(a, b, axes=((-1 % a.ndim,), (max(b.ndim - 2, 0),)))


def vdot(a: Any, b: Any) -> Tensor:
    """The sum of the products of all elements, those of the first conjugated."""
    a, b = tensors(a, b)
    return xp.vecdot(ravel(a), ravel(b))


def inner(a: Any, b: Any) -> Tensor:
    """The sum of products along the last axis of both."""
    a, b = tensors(a, b)
    if a.ndim == 0 or b.ndim == 0:
        return xp.multiply(a, b)
    return xp.tensordot(a, b, axes=((a.ndim - 1,), (b.ndim - 1,)))


def outer(a: Any, b: Any) -> Tensor:
    """The products of each element of one with each of the other, both laid flat."""
    a, b = tensors(a, b)
    return ravel(a)[:, None] * ravel(b)[None, :]


def matmul(x1: Any, x2: Any, /) -> Tensor:
    """Matrix product; leading axes are a batch and broadcast."""
    return xp.matmul(*tensors(x1, x2))


def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Tensor:
    """The sum of products along an axis, the first array conjugated."""
    one, other = [xp.moveaxis(x, axis, -1) for x in tensors(x1, x2)]
    return xp.vecdot(one, other)


def tensordot(a: Any, b: Any, axes: Any = 2) -> Tensor:
    """The sum of products over axes: the last n of one and first n of the other, or as listed."""
    a, b = tensors(a, b)
    if not isinstance(axes, int):
        one, other = [(side,) if isinstance(side, int) else tuple(side) for side in axes]
        axes = (one, other)
    return xp.tensordot(a, b, axes=axes)


def kron(a: Any, b: Any) -> Tensor:
    """Each element of one array times the whole of the other, side by side."""
    a, b = tensors(a, b)
    ndim = max(a.ndim, b.ndim)
    one = (1,) * (ndim - a.ndim) + a.shape
    other = (1,) * (ndim - b.ndim) + b.shape
    spread = xp.reshape(a, tuple([n for side in one for n in (side, 1)]))
    beside = xp.reshape(b, tuple([n for side in other for n in (1, side)]))
    return xp.reshape(spread * beside, tuple([n * m for n, m in zip(one, other, strict=True)]))


def cross(
    a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None
) -> Tensor:
    """Cross product of vectors of three elements."""
    a, b = tensors(a, b)
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = xp.moveaxis(a, axisa, -1), xp.moveaxis(b, axisb, -1)
    return xp.moveaxis(xp.linalg.cross(a, b), -1, axisc)


# ---- diagonals and triangles


def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """The diagonal of the planes of two axes, as the last axis."""
    a = xp.moveaxis(tensor(a), (axis1, axis2), (-2, -1))
    return xp.linalg.diagonal(a, offset=offset)


def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Tensor:
    """The sum of a diagonal."""
    return xp.sum(diagonal(a, offset, axis1, axis2), axis=-1, dtype=dtype)


def diag(v: Any, k: int = 0) -> Tensor:
    """The diagonal of a matrix, or the matrix of a diagonal."""
    v = tensor(v)
    if v.ndim == 2:
        return diagonal(v, k)
    if v.ndim != 1:
        raise ValueError(f"diag takes a vector or a matrix, and the shape is {v.shape}")
    size = v.shape[0] + abs(k)
    rows = v[:, None] * namespace(v).eye(v.shape[0], dtype=v.dtype, device=v.device)
    before, after = (0, k) if k >= 0 else (-k, 0)
    out = namespace(v).zeros((size, size), dtype=v.dtype, device=v.device)
    out[before : before + v.shape[0], after : after + v.shape[0]] = rows
    return out


def diagflat(v: Any, k: int = 0) -> Tensor:
    """The matrix with all elements of an array along its diagonal."""
    return diag(ravel(v), k)


def tril(m: Any, k: int = 0) -> Tensor:
    """The lower triangle, zeros elsewhere."""
    return xp.tril(tensor(m), k=k)


def triu(m: Any, k: int = 0) -> Tensor:
    """The upper triangle, zeros elsewhere."""
    return xp.triu(tensor(m), k=k)


def vander(x: Any, N: int | None = None, increasing: bool = False) -> Tensor:
    """The powers of a vector as columns, the highest first."""
    x = tensor(x)
    count = x.shape[0] if N is None else N
    columns = [xp.ones_like(x)]
    for _ in range(count - 1):
        columns.append(columns[-1] * x)
    return xp.stack(columns[:count] if increasing else columns[:count][::-1], axis=1)


def meshgrid(*xi: Any, indexing: str = "xy", sparse: bool = False) -> tuple[Tensor, ...]:
    """The coordinates of a grid, from those along its axes."""
    parts = [ravel(one) for one in tensors(*xi)]
    if not sparse:
        return xp.meshgrid(*parts, indexing=indexing)  # type: ignore[arg-type]  # it checks the word
    order = list(range(len(parts)))
    if indexing == "xy" and len(parts) > 1:
        order[:2] = [1, 0]
    out = []
    for i, part in enumerate(parts):
        sides = [1] * len(parts)
        sides[order.index(i)] = -1
        out.append(xp.reshape(part, tuple(sides)))
    return tuple(out)


# ---- einsum


def einsum(*operands: Any, optimize: Any = True) -> Tensor:
    """Sums of products of arrays, as a formula says which axes belong together.

    Parameters
    ----------
    *operands
        A formula such as 'ij,jk->ik' and an array for each of its terms, or, as NumPy has it too,
        each array followed by a list of its axes, and perhaps the list of the result's.
    optimize : bool or str
        In which order to multiply: by opt_einsum's path where that package is installed (a string
        is its strategy), else from left to right; False: from left to right.

    Examples
    --------
    >>> import minidiff.numpy as np
    >>> np.einsum("ij,j->i", [[1.0, 2.0], [3.0, 4.0]], [1.0, 10.0])
    Tensor([21., 43.])
    """
    terms, out, arrays = _parsed(operands)
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
    arrays = tensors(*given)
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
        x = xp.sum(x, axis=gone)
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


# ---- along a line


def convolve(a: Any, v: Any, mode: str = "full") -> Tensor:
    """The discrete convolution of two vectors; mode 'full', 'same' or 'valid'."""
    a, v = [ravel(one) for one in tensors(a, v)]
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"convolve: mode is 'full', 'same' or 'valid', not {mode!r}")
    if not a.size or not v.size:
        raise ValueError(f"convolve: a vector is empty; the shapes are {a.shape} and {v.shape}")
    if v.shape[0] > a.shape[0]:
        a, v = v, a
    n, m = a.shape[0], v.shape[0]
    # Each row a shifted piece of the longer vector: the sum of products with the shorter one.
    edge = namespace(a).zeros((m - 1,), dtype=a.dtype, device=a.device)
    padded = xp.concat([edge, a, edge])
    places = namespace(a).arange(n + m - 1, device=a.device)
    places = places[:, None] + places[None, :m]
    pieces = xp.take(padded, xp.reshape(places, (-1,)), axis=0)
    out = xp.matmul(xp.reshape(pieces, (n + m - 1, m)), xp.flip(v))
    if mode == "full":
        return out
    start = (m - 1) // 2 if mode == "same" else m - 1
    return out[start : start + (n if mode == "same" else n - m + 1)]


def correlate(a: Any, v: Any, mode: str = "valid") -> Tensor:
    """The cross-correlation of two vectors: the convolution with the second one reversed."""
    a, v = [ravel(one) for one in tensors(a, v)]
    if is_complex(v):
        v = xp.conj(v)
    return convolve(a, xp.flip(v), mode)


def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None) -> Tensor:
    """Linear interpolation between points (xp, fp) of increasing xp; flat beyond the ends."""
    return _interpolated(x, xp, fp, left, right)


def _interpolated(x: Any, points: Any, values: Any, left: Any, right: Any) -> Tensor:
    x, points, values = tensors(x, points, values)
    x, values = x * 1.0, values * 1.0
    count = points.shape[0]
    flat = ravel(x)
    upper = xp.searchsorted(points.detach() * 1.0, flat.detach(), side="right")
    upper = xp.clip(upper, 1, count - 1)
    lower = upper - 1
    x0, x1 = xp.take(points, lower, axis=0), xp.take(points, upper, axis=0)
    y0, y1 = xp.take(values, lower, axis=0), xp.take(values, upper, axis=0)
    out = y0 + (flat - x0) * ((y1 - y0) / (x1 - x0))
    first = values[0] if left is None else left
    last = values[-1] if right is None else right
    out = xp.where(flat < points[0], first, out)
    out = xp.where(flat > points[-1], last, out)
    out = xp.where(flat == points[-1], values[-1], out)
    return xp.reshape(out, x.shape)
