"""Which function is lifted by which rule, and the namespace that they make together."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from ..core.rules import Rule
from . import _making
from ._indexing import getitem, scatter_add, take, take_along_axis, write_at
from ._lifts import (
    about_dtypes,
    along_an_axis,
    along_axes,
    astype,
    broadcast_to,
    concat,
    cumulative,
    dependent,
    elementwise,
    isin,
    on_tensors,
    permute_dims,
    reduction,
    repeat,
    reshape,
    roll,
    sample_by_sample,
    searchsorted,
    stack,
    tile,
)
from ._matrices import matmul, matrices, solve, triangle, with_tolerance

if TYPE_CHECKING:
    from ._arrays import BatchBackend

__all__ = ["LIFTS", "OWN", "BatchFunctions", "elementwise", "lift_of", "sample_by_sample"]

Function = Callable[..., Any]

# Elementwise by its word is most of the table; these are so without a derivative, or for the reals.
ELEMENTWISE = (
    *("bitwise_and", "bitwise_invert", "bitwise_left_shift", "bitwise_or"),
    *("bitwise_right_shift", "bitwise_xor", "equal", "greater", "greater_equal"),
    *("isfinite", "isinf", "isnan", "less", "less_equal", "logical_and", "logical_not"),
    *("logical_or", "logical_xor", "not_equal", "signbit", "abs", "sign", "conj", "real"),
    *("imag", "round"),
)
ABOUT_DTYPES = ("can_cast", "finfo", "iinfo", "isdtype", "result_type", "broadcast_shapes")
# The shape of their results depends on the values.
DEPENDENT = ("nonzero", "unique_all", "unique_counts", "unique_inverse", "unique_values")
REDUCTIONS = (
    *("all", "any", "argmax", "argmin", "count_nonzero", "max", "mean", "min", "prod"),
    *("std", "sum", "var"),
)
LINES = ("argsort", "sort", "fft.fft", "fft.ifft", "fft.irfft", "fft.rfft")
MAKING = ("arange", "empty", "eye", "fft.fftfreq", "fft.rfftfreq", "linspace", "ones", "zeros")
MATRICES = (
    *("cholesky", "det", "eig", "eigh", "eigvals", "eigvalsh", "inv", "matrix_norm", "qr"),
    *("slogdet", "svd", "svdvals"),
)

LIFTS: dict[str, Function] = {
    **dict.fromkeys(ELEMENTWISE, elementwise),
    **dict.fromkeys(ABOUT_DTYPES, about_dtypes),
    **dict.fromkeys(DEPENDENT, dependent),
    **dict.fromkeys(REDUCTIONS, reduction),
    **dict.fromkeys(LINES, along_an_axis),
    **dict.fromkeys(("cumulative_prod", "cumulative_sum"), cumulative),
    **dict.fromkeys(("fft.fftn", "fft.ifftn"), along_axes),
    **dict.fromkeys(("tril", "triu"), triangle),
    **{f"linalg.{name}": matrices for name in MATRICES},
    **dict.fromkeys(("linalg.matrix_rank", "linalg.pinv"), with_tolerance),
    "linalg.vector_norm": reduction,
    "linalg.solve": solve,
    "astype": astype,
    "broadcast_to": broadcast_to,
    "concat": concat,
    "getitem": getitem,
    "isin": isin,
    "matmul": matmul,
    "linalg.matmul": matmul,
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

# These get the backend in place of a function to lift.
OWN: dict[str, Function] = {
    **{name: _making.shared(name) for name in MAKING},
    "asarray": _making.asarray,
    "copy": _making.copy,
    "full": _making.filled,
    "write": _making.write,
    "write_at": write_at,
}


def lift_of(name: str, rule: Rule) -> Function | None:
    """The rule by which a function is lifted; None where its own body does, on batches."""
    if name in LIFTS:
        return LIFTS[name]
    if rule.word == "elementwise":
        return elementwise
    if rule.word == "composite":
        return None
    raise NotImplementedError(f"vmap: {name} has no rule by which it is lifted to batches")


class BatchFunctions:
    """The namespace `arrays` of a BatchBackend; each function is lifted when it is first needed."""

    def __init__(self, backend: BatchBackend, inside: str = ""):
        self.__name__ = backend.name
        self._backend = backend
        self._inside = inside  # 'linalg.' or 'fft.'

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") and name != "__array_namespace_info__":
            raise AttributeError(name)
        backend, inside = self._backend, self._inside
        tensors = backend.base.tensors
        inner = getattr(getattr(tensors, inside[:-1]) if inside else tensors, name, None)
        rule = getattr(inner, "rule", None)
        if inside + name in OWN:
            found: Any = partial(OWN[inside + name], backend)
        elif name in ("linalg", "fft") and not inside:
            found = BatchFunctions(backend, f"{name}.")
        elif inner is None:
            raise AttributeError(f"{self.__name__} has no {name!r}")
        elif rule is None:  # a dtype or a constant
            found = inner
        else:
            lift = lift_of(inside + name, rule)
            found = partial(on_tensors, backend, inner) if lift is None else partial(lift, inner)
        setattr(self, name, found)
        return found
