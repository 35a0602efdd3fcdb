"""The methods that NumPy users expect on an array, as functions of the Tensor.

They are put on Tensor when they are first used (minidiff/_tensor_methods.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core.tensor import Tensor
from . import (
    _creation,
    _elementwise,
    _indexing,
    _logic,
    _manipulation,
    _products,
    _reductions,
    _sorting,
)

Function = Callable[..., Any]


def reshape(self: Tensor, *shape: Any, order: str = "C") -> Tensor:
    """The same elements in another shape, given as one tuple or as numbers."""
    return _manipulation.reshape(self, _sides(shape), order)


def transpose(self: Tensor, *axes: Any) -> Tensor:
    """The axes in another order, given as one tuple or as numbers; reversed, if none is given."""
    return _manipulation.transpose(self, _sides(axes) if axes and axes != (None,) else None)


def _sides(given: tuple[Any, ...]) -> tuple[int, ...]:
    whole = given[0] if len(given) == 1 and not isinstance(given[0], int) else given
    return tuple(whole)


def astype(self: Tensor, dtype: Any, *, copy: bool = True) -> Tensor:
    """In another data type; integers have no history."""
    return _creation.astype(self, dtype, copy=copy)


def sort(self: Tensor, axis: int = -1) -> None:
    """Put in order along an axis, in place."""
    self[...] = _sorting.sort(self, axis)


def compress(self: Tensor, condition: Any, axis: int | None = None) -> Tensor:
    """The slices along an axis for which a condition holds."""
    return _indexing.compress(condition, self, axis)


def fill(self: Tensor, value: Any) -> None:
    """Write one value everywhere."""
    self[...] = value


def tolist(self: Tensor) -> Any:
    """The values as nested lists of Python numbers."""
    return self.as_numpy().tolist()


OWN: tuple[Function, ...] = (astype, compress, fill, reshape, sort, tolist, transpose)

# Methods that are functions of the namespace with the array as first argument.
SHARED: tuple[Function, ...] = (
    *(_logic.all, _logic.any, _reductions.argmax, _reductions.argmin, _sorting.argsort),
    *(_elementwise.clip, _creation.copy, _reductions.cumprod),
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

METHODS: dict[str, Any] = {
    **{function.__name__: function for function in (*OWN, *SHARED)},
    **BY_NAME,
    "real": property(_elementwise.real, doc="The real part; a real array as it is."),
    "imag": property(_elementwise.imag, doc="The imaginary part; zeros of a real array."),
}
