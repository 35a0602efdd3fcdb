"""The methods that NumPy users expect on an array, as functions of the Tensor.

They are put on Tensor when they are first used (minidiff/_tensor_methods.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as bare

from ..core.tensor import Tensor, raw
from . import (
    _creation,
    _elementwise,
    _indexing,
    _logic,
    _manipulation,
    _products,
    _reductions,
    _sorting,
    _writing,
)
from ._inputs import is_complex, namespace

Function = Callable[..., Any]


def reshape(self: Tensor, *shape: Any, order: str = "C", copy: bool | None = None) -> Tensor:
    """The same elements in another shape, given as one tuple or as numbers."""
    sides = shape[0] if len(shape) == 1 else shape
    return _manipulation.reshape(self, sides, order, copy=copy)


def transpose(self: Tensor, *axes: Any) -> Tensor:
    """The axes in another order, given as one tuple or as numbers; reversed, if none is given."""
    return _manipulation.transpose(self, axes[0] if len(axes) == 1 else axes or None)


def astype(
    self: Tensor,
    dtype: Any,
    order: str = "K",
    casting: Any = "unsafe",
    subok: bool = True,
    copy: bool = True,
) -> Tensor:
    """In another data type; integers have no history. `order` and `subok` change nothing."""
    if casting != "unsafe" and not bare.can_cast(self.dtype, dtype, casting):
        raise TypeError(
            f"astype: casting={casting!r} does not turn {self.dtype} into {bare.dtype(dtype)}"
        )
    return _creation.astype(self, dtype, copy=copy)


def copy(self: Tensor, order: str = "C") -> Tensor:
    """A copy with memory of its own, and the history."""
    return _creation.copy(self, order)


def sort(
    self: Tensor,
    axis: int = -1,
    kind: str | None = None,
    order: None = None,
    *,
    stable: bool | None = None,
) -> None:
    """Put in order along an axis, in place."""
    self[...] = _sorting.sort(self, axis, kind, order, stable=stable)


def partition(
    self: Tensor, kth: Any, axis: int = -1, kind: str = "introselect", order: None = None
) -> None:
    """Put the kth smallest at its place along an axis, none larger before it, in place."""
    self[...] = _sorting.partition(self, kth, axis, kind, order)


def compress(self: Tensor, condition: Any, axis: Any = None, out: Any = None) -> Tensor:
    """The slices along an axis for which a condition holds."""
    return _indexing.compress(condition, self, axis, out)


def fill(self: Tensor, value: Any) -> None:
    """Write one value everywhere."""
    self[...] = value


def put(self: Tensor, indices: Any, values: Any, mode: str = "raise") -> None:
    """Write values at flat indices, from the first one again where there are fewer, in place."""
    _writing.put(self, indices, values, mode)


def tolist(self: Tensor) -> Any:
    """The values as nested lists of Python numbers."""
    return self.as_numpy().tolist()


def tobytes(self: Tensor, order: Any = "C") -> bytes:
    """The values as they lie in memory."""
    return self.as_numpy().tobytes(order)


def round_(self: Tensor, ndigits: int | None = None) -> Any:
    """Rounded to decimals; without them, one element to an integer of Python's, as any number."""
    if ndigits is None and self.ndim == 0:
        return round(self.item())
    return _elementwise.round(self, ndigits or 0)


# ---- the elements in order


class Flat:
    """The elements of a Tensor in order; reading gives copies, and writing changes the Tensor."""

    def __init__(self, base: Tensor):
        self.base = base

    def __len__(self) -> int:
        return self.base.size

    def __iter__(self) -> Iterator[Tensor]:
        return iter(self[...])

    def __getitem__(self, key: Any) -> Tensor:
        return _manipulation.ravel(self.base)[self._places(key)]

    def __setitem__(self, key: Any, value: Any) -> None:
        _writing.put(self.base, self._places(key), value)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return bare.asarray(self[...], dtype=dtype, copy=copy)

    def _places(self, key: Any) -> Tensor:
        """The flat indices that a key stands for."""
        xp = namespace(self.base)
        return xp.arange(self.base.size, device=self.base.device)[key]


def _write_flat(self: Tensor, value: Any) -> None:
    Flat(self)[...] = value


def _write_real(self: Tensor, value: Any) -> None:
    _elementwise.real(self)[...] = value


def _write_imag(self: Tensor, value: Any) -> None:
    if not is_complex(self):
        raise TypeError(f"imag: an array of {self.dtype} has no imaginary part to write")
    _elementwise.imag(self)[...] = value


# ---- memory


def itemsize(self: Tensor) -> int:
    """How many bytes an element takes."""
    # Not all libraries say so of their dtypes; what they show to NumPy knows it.
    backend = self._backend
    return backend.as_numpy(backend.zeros((0,), self.dtype, self._data)).itemsize


def nbytes(self: Tensor) -> int:
    """How many bytes all elements take."""
    return self.size * itemsize(self)


def strides(self: Tensor) -> tuple[int, ...]:
    """How far apart neighbours along each axis are, as the library counts: NumPy in bytes."""
    return self._backend.strides(raw(self))


OWN: tuple[Function, ...] = (
    *(astype, compress, copy, fill, partition, put, reshape, sort, tobytes, tolist, transpose),
)

# Methods that are functions of the namespace with the array as first argument.
SHARED: tuple[Function, ...] = (
    *(_reductions.all, _reductions.any, _reductions.argmax, _reductions.argmin, _sorting.argsort),
    *(_sorting.argpartition, _indexing.choose, _elementwise.clip, _reductions.cumprod),
    *(_reductions.cumsum, _products.diagonal, _products.dot, _manipulation.flatten),
    *(_reductions.max, _reductions.mean, _reductions.min, _indexing.nonzero, _reductions.prod),
    *(_reductions.ptp, _manipulation.ravel, _manipulation.repeat, _elementwise.round),
    *(_sorting.searchsorted, _manipulation.squeeze, _reductions.std, _reductions.sum),
    *(_manipulation.swapaxes, _indexing.take, _products.trace, _reductions.var),
    *(_products.matmul, _manipulation.expand_dims, _manipulation.flip, _manipulation.broadcast_to),
)

# Functions of the table, whose own names are the standard's.
BY_NAME: dict[str, Function] = {
    name: getattr(_elementwise, name)
    for name in (
        *("abs", "absolute", "add", "conj", "conjugate", "cos", "cosh", "divide", "exp"),
        *("floor_divide", "log", "mod", "multiply", "negative", "power", "sign", "sin", "sinh"),
        *("sqrt", "square", "subtract", "tan", "tanh", "true_divide", "ceil", "floor"),
    )
} | {
    name: getattr(_logic, name)
    for name in (
        *("equal", "greater", "greater_equal", "invert", "less", "less_equal", "logical_and"),
        *("logical_not", "logical_or", "logical_xor", "not_equal"),
    )
}

PROPERTIES = (itemsize, nbytes, strides)

METHODS: dict[str, Any] = {
    **{function.__name__: function for function in (*OWN, *SHARED)},
    **BY_NAME,
    **{function.__name__: property(function) for function in PROPERTIES},
    "__round__": round_,
    "flat": property(Flat, _write_flat, doc="The elements in order, to read or to write."),
    "real": property(_elementwise.real, _write_real, doc="The real part; a real array as it is."),
    "imag": property(
        _elementwise.imag, _write_imag, doc="The imaginary part; zeros of a real array."
    ),
}
