"""The functions of the table on batches: each lifts a function on tensors by one of a few rules.

A function gets an axis in front of all others (`element by element`, `along an axis`, `matrices`),
or has a rule of its own below. What has none runs in a loop over the samples, and warns.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from ..core.rules import Rule, rule_of
from ..core.tensor import raw, wrap
from ._indexing import getitem, scatter_add, write_at
from ._values import (
    Axes,
    aligned,
    any_mapped,
    batched,
    flattened,
    full,
    is_batched,
    namespace,
    plain,
    refused,
    samples,
    shifted,
)

if TYPE_CHECKING:
    from ._arrays import BatchBackend, Batched

Function = Callable[..., Any]


class BatchFunctions:
    """The namespace `arrays` of a BatchBackend; each function is lifted when it is first needed."""

    def __init__(self, backend: BatchBackend, inside: str = ""):
        self.__name__ = backend.name
        self._backend = backend
        self._inside = inside  # 'linalg.' or 'fft.'

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") and name != "__array_namespace_info__":
            raise AttributeError(name)
        tensors = self._backend.base.tensors
        inner = getattr(
            getattr(tensors, self._inside[:-1]) if self._inside else tensors, name, None
        )
        rule = getattr(inner, "rule", None)
        if name in OWN and not self._inside:
            found: Any = partial(OWN[name], self._backend)
        elif name in ("linalg", "fft") and not self._inside:
            found = BatchFunctions(self._backend, f"{name}.")
        elif inner is None:
            raise AttributeError(f"{self.__name__} has no {name!r}")
        elif rule is None:  # a dtype or a constant
            found = inner
        elif name in DEPENDENT:
            found = partial(dependent, inner)
        elif rule.word == "composite" and self._inside + name not in LIFTS:
            found = partial(on_tensors, self._backend, inner)
        else:
            found = partial(lift_of(self._inside + name, rule), inner)
        setattr(self, name, found)
        return found


def lift_of(name: str, rule: Rule) -> Function:
    """The rule by which a function is lifted."""
    if name in LIFTS:
        return LIFTS[name]
    if name in ELEMENTWISE or rule.word == "elementwise":
        return elementwise
    if name in ABOUT_DTYPES:
        return about_dtypes
    return sample_by_sample


# ---- lifts


def elementwise(inner: Function, *args: Any, **kwargs: Any) -> Any:
    given = [*args, *kwargs.values()]
    if not any_mapped(*given):
        return batched(inner(*plain(args), **{n: plain(a) for n, a in kwargs.items()}), False)
    ndim = max([one.ndim for one in given if is_batched(one)])
    return batched(
        inner(*[aligned(a, ndim) for a in args], **{n: aligned(a, ndim) for n, a in kwargs.items()})
    )


def about_dtypes(inner: Function, *args: Any, **kwargs: Any) -> Any:
    return inner(*plain(args), **kwargs)


def dependent(inner: Function, *args: Any) -> Any:
    """A function whose result has a shape that depends on the values."""
    if any_mapped(*args):
        raise refused(inner.__name__)
    return batched(inner(*plain(args)), False)


def reduction(
    inner: Function, x: Batched, /, *, axis: Axes = None, keepdims: bool = False, **kwargs: Any
) -> Any:
    if not x.mapped:
        return batched(inner(x.value, axis=axis, keepdims=keepdims, **kwargs), False)
    if axis is not None:
        return batched(inner(x.value, axis=shifted(axis, x.ndim), keepdims=keepdims, **kwargs))
    out = inner(flattened(x), axis=1, **kwargs)
    if keepdims:
        out = namespace(x).reshape(out, (*out.shape, *(1,) * x.ndim))
    return batched(out)


def along_an_axis(inner: Function, x: Batched, /, *args: Any, **kwargs: Any) -> Any:
    """A function along one axis, by default the last one."""
    if not x.mapped:
        return batched(inner(x.value, *args, **kwargs), False)
    axis = kwargs.pop("axis", None)
    axis = shifted(-1 if axis is None else axis, x.ndim)
    return batched(inner(x.value, *args, axis=axis, **kwargs))


def along_axes(
    inner: Function, x: Batched, /, *, s: Any = None, axes: Any = None, **kwargs: Any
) -> Any:
    if not x.mapped:
        return batched(inner(x.value, s=s, axes=axes, **kwargs), False)
    if axes is None:
        axes = tuple(range(-x.ndim if s is None else -len(s), 0))
    return batched(inner(x.value, s=s, axes=shifted(tuple(axes), x.ndim), **kwargs))


def matrices(inner: Function, x: Batched, /, *args: Any, **kwargs: Any) -> Any:
    """A function of the last two axes, for which all others are a batch already."""
    kwargs = {name: plain(one) for name, one in kwargs.items()}
    return batched(inner(x.value, *args, **kwargs), x.mapped)


def roll(inner: Function, x: Batched, /, shift: Any, *, axis: Axes = None) -> Any:
    if not x.mapped:
        return batched(inner(x.value, shift, axis=axis), False)
    if axis is not None:
        return batched(inner(x.value, shift, axis=shifted(axis, x.ndim)))
    return batched(namespace(x).reshape(inner(flattened(x), shift, axis=1), x.value.shape))


def repeat(inner: Function, x: Batched, repeats: Any, /, *, axis: int | None = None) -> Any:
    if any_mapped(repeats):
        raise refused("repeat by numbers that differ from sample to sample")
    if not x.mapped:
        return batched(inner(x.value, plain(repeats), axis=axis), False)
    if axis is None:
        return batched(inner(flattened(x), plain(repeats), axis=1))
    return batched(inner(x.value, plain(repeats), axis=shifted(axis, x.ndim)))


def tile(inner: Function, x: Batched, repetitions: tuple[int, ...], /) -> Any:
    if not x.mapped:
        return batched(inner(x.value, repetitions), False)
    ndim = max(x.ndim, len(repetitions))
    ones = (1,) * (1 + ndim - len(repetitions))
    return batched(inner(aligned(x, ndim), (*ones, *repetitions)))


def take(inner: Function, x: Batched, indices: Batched, /, *, axis: int | None = None) -> Any:
    axis = 0 if axis is None else axis % x.ndim
    if not any_mapped(indices):
        return batched(
            inner(x.value, plain(indices), axis=axis + x.mapped),
            x.mapped,
        )
    return getitem(namespace(x).getitem, x, (*(slice(None),) * axis, indices))


def take_along_axis(inner: Function, x: Batched, indices: Batched, /, *, axis: int = -1) -> Any:
    if not any_mapped(x, indices):
        return batched(inner(x.value, indices.value, axis=axis), False)
    count = samples(x, indices)
    return batched(inner(full(x, count), full(indices, count), axis=shifted(axis, x.ndim)))


def concat(inner: Function, arrays: list[Batched], /, *, axis: int | None = 0) -> Any:
    if not any_mapped(*arrays):
        return batched(inner([one.value for one in arrays], axis=axis), False)
    count = samples(*arrays)
    values = [full(one, count) for one in arrays]
    if axis is None:
        xp = namespace(arrays[0])
        flat = [xp.reshape(v, (count, x.size)) for v, x in zip(values, arrays, strict=True)]
        return batched(inner(flat, axis=1))
    return batched(inner(values, axis=shifted(axis, arrays[0].ndim)))


def stack(inner: Function, arrays: list[Batched], /, *, axis: int = 0) -> Any:
    if not any_mapped(*arrays):
        return batched(inner([one.value for one in arrays], axis=axis), False)
    count = samples(*arrays)
    values = [full(one, count) for one in arrays]
    return batched(inner(values, axis=shifted(axis, arrays[0].ndim + 1)))


def reshape(inner: Function, x: Batched, /, shape: tuple[int, ...], *, copy: Any = None) -> Any:
    if x.mapped:
        shape = (x.value.shape[0], *completed(shape, x.size))
    return batched(inner(x.value, shape, copy=copy), x.mapped)


def completed(shape: tuple[int, ...], size: int) -> tuple[int, ...]:
    """A shape with a number for -1, which NumPy cannot find where the batch is empty."""
    if -1 not in shape:
        return shape
    known = 1
    for side in shape:
        known *= side if side != -1 else 1
    return tuple([side if side != -1 else size // max(known, 1) for side in shape])


def permute_dims(inner: Function, x: Batched, /, axes: tuple[int, ...]) -> Any:
    if not x.mapped:
        return batched(inner(x.value, axes), False)
    return batched(inner(x.value, (0, *shifted(tuple(axes), x.ndim))))


def broadcast_to(inner: Function, x: Batched, /, shape: tuple[int, ...]) -> Any:
    if not x.mapped:
        return batched(inner(x.value, shape), False)
    return batched(inner(aligned(x, len(shape)), (x.value.shape[0], *shape)))


def astype(inner: Function, x: Batched, dtype: Any, /, **kwargs: Any) -> Any:
    return batched(inner(x.value, dtype, **kwargs), x.mapped)


def matmul(inner: Function, x1: Batched, x2: Batched, /) -> Any:
    if not any_mapped(x1, x2):
        return batched(inner(x1.value, x2.value), False)
    if not x1.ndim or not x2.ndim:
        raise ValueError("matmul takes arrays of at least one axis (inside vmap)")
    one, other = x1, x2
    if x1.ndim == 1:
        one = reshape(namespace(x1).reshape, x1, (1, *x1.shape))
    if x2.ndim == 1:
        other = reshape(namespace(x2).reshape, x2, (*x2.shape, 1))
    out = one_product(inner, one, other)
    shape = out.shape[:-2] + out.shape[-2:][x1.ndim == 1 : 1 if x2.ndim == 1 else 2]
    return batched(out if shape == out.shape else namespace(one).reshape(out, shape))


def one_product(inner: Function, x1: Batched, x2: Batched) -> Any:
    """The product of matrices; with a matrix that all samples share, a single large one."""
    xp = namespace(x1)
    if not x2.mapped and x2.ndim == 2:
        rows = xp.reshape(x1.value, (-1, x1.shape[-1])) if x1.size else x1.value
        out = inner(rows, x2.value)
        return xp.reshape(out, (*x1.value.shape[:-1], x2.shape[-1]))
    if not x1.mapped and x1.ndim == 2 and x2.ndim == 2 and x2.shape[1] == 1:
        columns = xp.reshape(x2.value, (x2.value.shape[0], x2.shape[0]))
        return inner(columns, xp.matrix_transpose(x1.value))[..., None]
    ndim = max(x1.ndim, x2.ndim)
    return inner(aligned(x1, ndim), aligned(x2, ndim))


def solve(inner: Function, x1: Batched, x2: Batched, /) -> Any:
    if not any_mapped(x1, x2):
        return batched(inner(x1.value, x2.value), False)
    other = x2
    if x2.ndim == 1:
        other = reshape(namespace(x2).reshape, x2, (*x2.shape, 1))
    ndim = max(x1.ndim, other.ndim)
    out = inner(aligned(x1, ndim), aligned(other, ndim))
    return batched(namespace(x1).reshape(out, out.shape[:-1]) if x2.ndim == 1 else out)


def searchsorted(inner: Function, x1: Batched, x2: Any, /, **kwargs: Any) -> Any:
    if any_mapped(x1, *kwargs.values()):
        return sample_by_sample(inner, x1, x2, **kwargs)
    kwargs = {name: plain(one) for name, one in kwargs.items()}
    return batched(inner(x1.value, plain(x2), **kwargs), any_mapped(x2))


def isin(inner: Function, x1: Any, x2: Any, /, **kwargs: Any) -> Any:
    if any_mapped(x2):
        return sample_by_sample(inner, x1, x2, **kwargs)
    return batched(inner(plain(x1), plain(x2), **kwargs), any_mapped(x1))


def sample_by_sample(inner: Function, *args: Any, **kwargs: Any) -> Any:
    """A loop over the samples, for what has no other rule."""
    given = [*args, *kwargs.values()]
    if not any_mapped(*given):
        return batched(inner(*plain(args), **{n: plain(a) for n, a in kwargs.items()}), False)
    if inner.__name__ not in _warned:
        _warned.add(inner.__name__)
        warnings.warn(
            f"vmap: {inner.__name__} has no form for batches, and runs in a loop over the samples",
            RuntimeWarning,
            stacklevel=2,
        )

    def of_sample(one: Any, i: int) -> Any:
        return one.value[i, ...] if any_mapped(one) else plain(one)

    outs = [
        inner(*[of_sample(a, i) for a in args], **{n: of_sample(a, i) for n, a in kwargs.items()})
        for i in range(samples(*given))
    ]
    if type(outs[0]) is tuple:
        return batched(tuple([stacked(column) for column in zip(*outs, strict=True)]))
    return batched(stacked(outs))


def stacked(outs: Sequence[Any]) -> Any:
    return outs[0]._backend.tensors.stack(list(outs))


_warned: set[str] = set()


def on_tensors(backend: BatchBackend, inner: Function, *args: Any, **kwargs: Any) -> Any:
    """A composite: made of other functions of the table, which come back here."""

    def wrapped(value: Any) -> Any:
        if type(value) in (list, tuple):
            return [wrapped(one) for one in value]
        return wrap(backend, value) if is_batched(value) else value

    out = inner(*map(wrapped, args), **{name: wrapped(one) for name, one in kwargs.items()})
    return tuple(map(raw, out)) if isinstance(out, tuple) else raw(out)


# ---- making arrays


def shared(name: str) -> Function:
    """The same for all samples, until one of them writes to it (BatchBackend.may_write)."""

    def make(backend: BatchBackend, *args: Any, **kwargs: Any) -> Any:
        return batched(getattr(backend.base.tensors, name)(*plain(args), **kwargs), False)

    return make


def asarray(
    backend: BatchBackend, obj: Any, /, *, dtype: Any = None, device: Any = None, copy: Any = None
) -> Any:
    xp = backend.base.tensors
    if not is_batched(obj):
        return batched(xp.asarray(obj, dtype=dtype, device=device, copy=copy), False)
    if not copy:
        return batched(xp.asarray(obj.value, dtype=dtype, device=device, copy=copy), obj.mapped)
    # A copy may be written to.
    return batched(xp.asarray(full(obj, backend.size.get()), dtype=dtype, copy=True))


def write(backend: BatchBackend, *args: Any) -> Any:
    """The table's own: it is made of the functions here."""
    kernel = rule_of(backend.base.tensors.write).kernel(backend)
    return kernel(*args)


OWN: dict[str, Function] = {
    **{name: shared(name) for name in ("empty", "full", "ones", "zeros")},
    **{name: shared(name) for name in ("arange", "eye", "linspace")},
    "asarray": asarray,
    "write": write,
    "write_at": write_at,
}

ELEMENTWISE = (
    *("bitwise_and", "bitwise_invert", "bitwise_left_shift", "bitwise_or"),
    *("bitwise_right_shift", "bitwise_xor", "equal", "greater", "greater_equal"),
    *("isfinite", "isinf", "isnan", "less", "less_equal", "logical_and", "logical_not"),
    *("logical_or", "logical_xor", "not_equal", "signbit", "abs", "sign", "conj", "real"),
    *("imag", "round"),
)

ABOUT_DTYPES = frozenset({"can_cast", "finfo", "iinfo", "isdtype", "result_type"})

# The shape of their results depends on the values.
DEPENDENT = (
    *("found_unique_all", "found_unique_counts", "found_unique_inverse", "found_unique_values"),
    *("unique_all", "unique_counts", "unique_inverse", "unique_values"),
    *("indices_of_unique", "nonzero"),
)

REDUCTIONS = (
    *("all", "any", "argmax", "argmin", "count_nonzero", "max", "mean", "min", "prod"),
    *("std", "sum", "var"),
)
LINES = (
    *("argsort", "sort", "cumulative_prod", "cumulative_sum", "fft.fft", "fft.ifft", "fft.irfft"),
    *("fft.rfft",),
)
MATRICES = (
    *("cholesky", "det", "eig", "eigh", "eigvals", "eigvalsh", "inv", "matrix_norm"),
    *("matrix_rank", "pinv", "qr", "slogdet", "svd", "svdvals"),
)

LIFTS: dict[str, Function] = {
    **dict.fromkeys(REDUCTIONS, reduction),
    **dict.fromkeys(LINES, along_an_axis),
    **dict.fromkeys(("fft.fftn", "fft.ifftn"), along_axes),
    **dict.fromkeys(("tril", "triu"), matrices),
    **{f"linalg.{name}": matrices for name in MATRICES},
    "linalg.vector_norm": reduction,
    "linalg.solve": solve,
    "astype": astype,
    "broadcast_to": broadcast_to,
    "concat": concat,
    "getitem": getitem,
    "isin": isin,
    "matmul": matmul,
    "permute_dims": permute_dims,
    "repeat": repeat,
    "reshape": reshape,
    "roll": roll,
    "scatter_add": scatter_add,
    "searchsorted": searchsorted,
    "stack": stack,
    "take": take,
    "take_along_axis": take_along_axis,
    "tile": tile,
}
