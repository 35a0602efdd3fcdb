"""What NumPy's functions accept (Tensors, arrays, numbers, nested lists), made Tensors of one kind.

A composite begins with `a = tensor(a)` or `a, b = tensors(a, b)` and goes on with functions of the
table: `xp.sum(a, axis=1)`. Those find the library by themselves; where a composite makes an array
anew, it asks `namespace(a)` for it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from ..backends import SCALARS, numpy_backend
from ..core.tensor import Tensor

__all__ = [
    "Axis",
    "elementwise",
    "first_tensor",
    "is_complex",
    "is_floating",
    "namespace",
    "tensor",
    "tensors",
]

Axis = int | tuple[int, ...] | None


def is_floating(x: Tensor) -> bool:
    """Of a real or complex floating dtype."""
    return x._backend.is_floating(x.dtype)


def is_complex(x: Tensor) -> bool:
    return x._backend.is_complex(x.dtype)


def first_tensor(*values: Any) -> Tensor | None:
    """The first Tensor among some values, in lists too: it says which library the others go to."""
    waiting = list(values)
    for value in waiting:  # which grows meanwhile
        if type(value) is Tensor:
            return value
        if type(value) in (list, tuple):
            waiting += value
    return None


def namespace(*values: Any) -> Any:
    """The functions on Tensors of the first Tensor's library; NumPy's where there is none."""
    first = first_tensor(*values)
    backend = numpy_backend if first is None else first._backend
    return backend.tensors.public


def tensor(value: Any, like: Any = None) -> Tensor:
    """A Tensor of whatever NumPy makes an array of; one that is a Tensor already, as it is.

    Lists that hold Tensors keep their history. `like` is a Tensor, or holds some: an array beside
    one is copied to its library, so that no graph holds memory that others write.
    """
    if type(value) is Tensor:
        return value
    first = first_tensor(value, like)
    if first is None:
        return numpy_backend.tensors.asarray(value)
    shared = isinstance(value, first._backend.constants)
    made = first._backend.tensors.asarray(value, device=first.device, copy=shared or None)
    return made


def tensors(*values: Any) -> list[Tensor]:
    """Each of some values as a Tensor, all of the same library."""
    return [tensor(value, values) for value in values]


def elementwise(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of one or two arrays of the table, for whatever NumPy accepts.

    Numbers and arrays beside a Tensor are left to the table, which knows how they promote.
    """

    def call(*values: Any) -> Any:
        for value in values:
            if type(value) is not Tensor:
                return function(*accepted(values))
        return function(*values)

    def accepted(values: tuple[Any, ...]) -> list[Any]:
        first = first_tensor(*values)
        if first is None:  # the first becomes one; numbers beside it stay weak
            return [tensor(values[0]), *[fitting(value, values) for value in values[1:]]]
        return [fitting(value, values) for value in values]

    def fitting(value: Any, beside: Any) -> Any:
        return value if type(value) in (Tensor, *SCALARS) else tensor(value, beside)

    return update_wrapper(call, function)
